"""Bytes on disk -> text and its hash, refusing what cannot be a structure file before it costs memory."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mlcluster.errors import InputError

MAX_BYTES = 150_000_000
"""Largest text that is read at all; the biggest public multi-frame sets are below it."""

SNIFF_BYTES = 1_000_000
"""A file that has shown none of the marks of its format by here is not of that format."""

FORMATS = {
    ".cif": "cif",
    ".mcif": "cif",
    ".xyz": "xyz",
    ".extxyz": "xyz",
    ".vasp": "poscar",
    ".poscar": "poscar",
    ".json": "json",
}
KNOWN = "CIF (.cif), XYZ or extended XYZ (.xyz, .extxyz), POSCAR, pymatgen JSON (.json); each also as .gz"


@dataclass(frozen=True)
class TextFile:
    """Text of a structure file with its format and the SHA-256 of the (decompressed) bytes."""

    path: str
    format: str
    text: str
    sha256: str


def read_text(path: str | Path) -> TextFile:
    """Read one structure file as text.

    Raises
    ------
    InputError
        If the file is missing, a folder, empty, binary, larger than `MAX_BYTES`, a broken gz, or does not
        look like any known format.
    """
    file = Path(path)
    if not file.exists():
        raise InputError("no such file.", file=file, hint="Check the path.")
    if not file.is_file():
        raise InputError("not a file.", file=file, hint="Name the files inside it, for example with a shell pattern.")
    with file.open("rb") as stream:
        return text_of(path, stream)


def text_of(path: str | Path, stream: BinaryIO) -> TextFile:
    """The same for bytes that are at hand already, under the name of the file they come from.

    Raises
    ------
    InputError
        As `read_text`, but for a file that is missing.
    """
    file = Path(path)
    name = file.name.lower()
    zipped = name.endswith(".gz")
    try:
        data = _read_limited(gzip.open(stream, "rb") if zipped else stream, file, name.removesuffix(".gz"))  # type: ignore[arg-type]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("the gz file is broken or cut off.", file=file, found=error) from error
    kind = _format_of(name.removesuffix(".gz"), data)
    if kind is None:
        raise InputError("the format is not recognised.", file=file, found=_glimpse(data), expected=KNOWN)
    return TextFile(str(path), kind, _decode(data), hashlib.sha256(data).hexdigest())


def file_stem(path: str | Path) -> str:
    """Name of a structure file without its ending, ``.gz`` included: what its clusters are called.

    >>> file_stem("set/Au25.old.CIF.gz"), file_stem("POSCAR")
    ('Au25.old', 'POSCAR')
    """
    name = Path(path).name
    stem = name.removesuffix(".gz").removesuffix(".GZ")
    return stem.rsplit(".", 1)[0] or name


def _read_limited(stream: BinaryIO, file: Path, name: str) -> bytes:
    head = stream.read(SNIFF_BYTES)
    if not head.strip():
        raise InputError("the file is empty.", file=file, expected="a structure")
    if b"\0" in head:
        raise InputError("the file is binary.", file=file, expected=KNOWN)
    if len(head) == SNIFF_BYTES and _format_of(name, head) is None:
        raise InputError("the format is not recognised.", file=file, found=_glimpse(head), expected=KNOWN)
    rest = stream.read(MAX_BYTES - len(head) + 1)
    if len(head) + len(rest) > MAX_BYTES:
        raise InputError(
            "the file is too large to be read as one structure file.",
            file=file,
            found=f"more than {MAX_BYTES / 1e6:.0f} MB",
            hint="Split it into several files.",
        )
    return head + rest


def _format_of(name: str, data: bytes) -> str | None:
    """Format by extension, confirmed by content, else by content alone."""
    head = data[:SNIFF_BYTES].decode("latin-1").lstrip("\ufeffï»¿").lstrip()
    suffix = Path(name).suffix
    stated = FORMATS.get(suffix)
    if stated is None and name.split(".")[0].startswith(("poscar", "contcar")):
        stated = "poscar"
    looks = {
        "cif": "data_" in head.lower(),
        "json": head.startswith(("{", "[")),
        "xyz": head.split("\n", 1)[0].strip().isdigit(),
        "poscar": _looks_like_poscar(head),
    }
    if stated is not None:
        return stated if looks[stated] else None
    return next((kind for kind, fits in looks.items() if fits), None)


def _looks_like_poscar(head: str) -> bool:
    lines = head.splitlines()[:5]
    try:
        scale = [float(word) for word in lines[1].split()]
        rows = [[float(word) for word in line.split()[:3]] for line in lines[2:5]]
    except (IndexError, ValueError):
        return False
    return len(scale) in (1, 3) and len(rows) == 3 and all(len(row) == 3 for row in rows)


def _glimpse(data: bytes) -> str:
    return repr(data[:40].decode("latin-1")) + (" ..." if len(data) > 40 else "")


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
