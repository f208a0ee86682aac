"""Bytes on disk -> text and its hash, refusing what cannot be a structure file before it costs memory."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mlcluster.errors import InputError

MAX_BYTES = 512_000_000
"""Largest text that is read at all unless the caller says otherwise; gz counts as it expands."""

SNIFF_BYTES = 1_000_000
"""A file that has shown none of the marks of its format by here is not of that format."""

FORMATS = {
    ".cif": "cif",
    ".mcif": "cif",
    ".mmcif": "cif",
    ".xyz": "xyz",
    ".extxyz": "xyz",
    ".vasp": "poscar",
    ".poscar": "poscar",
    ".json": "json",
}
KNOWN = "CIF (.cif), XYZ or extended XYZ (.xyz, .extxyz), POSCAR, pymatgen JSON (.json); each also as .gz"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class TextFile:
    """Text of a structure file with its format and the SHA-256 of the (decompressed) bytes."""

    path: str
    format: str
    text: str
    sha256: str


def read_text(path: str | Path, max_bytes: int = MAX_BYTES) -> TextFile:
    """Read one structure file as text.

    Raises
    ------
    InputError
        If the file is missing, a folder, a device or pipe, empty, binary, larger than `max_bytes`, a broken gz, or
        does not look like any known format.
    """
    with open_regular(path) as stream:
        return text_of(path, stream, max_bytes)


def open_regular(path: str | Path) -> BinaryIO:
    """A regular file opened for reading.

    A pipe, a device or a socket never ends or never begins: it is refused before a byte of it is asked for.

    Raises
    ------
    InputError
        If there is none of that name, or it is a folder, a device, a pipe or a socket, or may not be read.
    """
    check_regular(path)
    try:
        # Should a pipe have taken the place of the file since, opening it must not wait for a writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise InputError("the file cannot be read.", file=printable(path), found=error.strerror) from error
    stream = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        stream.close()
        raise _not_regular(path)
    return stream


def check_regular(path: str | Path) -> os.stat_result:
    """What the system knows of a file that may be read.

    Raises
    ------
    InputError
        As `open_regular`.
    """
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("no such file.", file=printable(path), hint="Check the path.") from None
    except ValueError:
        raise InputError("not the name of a file.", file=printable(path), found="a NUL character in it") from None
    except OSError as error:
        raise InputError("the file cannot be read.", file=printable(path)[:200], found=error.strerror) from None
    if stat.S_ISDIR(found.st_mode):
        hint = "Name the files inside it, for example with a shell pattern."
        raise InputError("not a file.", file=printable(path), hint=hint)
    if not stat.S_ISREG(found.st_mode):
        raise _not_regular(path)
    return found


def _not_regular(path: str | Path) -> InputError:
    return InputError("not a file.", file=printable(path), found="a device, pipe or socket", expected="a regular file")


def printable(path: str | Path) -> str:
    """A path as it may be shown and stored: control characters and bytes that are no UTF-8 written out."""
    text = os.fspath(path).encode("utf-8", "backslashreplace").decode()
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def text_of(path: str | Path, stream: BinaryIO, max_bytes: int = MAX_BYTES) -> TextFile:
    """The same for bytes that are at hand already, under the name of the file they come from.

    Raises
    ------
    InputError
        As `read_text`, but for a file that is missing.
    """
    file = printable(path)
    name = Path(file).name.lower()
    zipped = name.endswith(".gz")
    try:
        data = _read_limited(
            gzip.open(stream, "rb") if zipped else stream,  # type: ignore[arg-type]
            file,
            name.removesuffix(".gz"),
            max_bytes,
        )
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("the gz file is broken or cut off.", file=file, found=error) from error
    except OSError as error:
        raise InputError("the file cannot be read.", file=file, found=error.strerror or error) from error
    kind = _format_of(name.removesuffix(".gz"), data)
    if kind is None:
        raise InputError("the format is not recognised.", file=file, found=_glimpse(data), expected=KNOWN)
    return TextFile(file, kind, decoded(data), hashlib.sha256(data).hexdigest())


def file_stem(path: str | Path) -> str:
    """Name of a structure file without its ending, ``.gz`` included: what its clusters are called.

    >>> file_stem("set/Au25.old.CIF.gz"), file_stem("POSCAR")
    ('Au25.old', 'POSCAR')
    """
    name = Path(path).name
    stem = name.removesuffix(".gz").removesuffix(".GZ")
    return stem.rsplit(".", 1)[0] or name


def _read_limited(stream: BinaryIO, file: str, name: str, max_bytes: int) -> bytes:
    head = stream.read(min(SNIFF_BYTES, max_bytes + 1))
    if not head.strip():
        raise InputError("the file is empty.", file=file, expected="a structure")
    if b"\0" in head and not head.startswith(_UTF16):
        raise InputError("the file is binary.", file=file, expected=KNOWN)
    if len(head) == SNIFF_BYTES and _format_of(name, head) is None:
        raise InputError("the format is not recognised.", file=file, found=_glimpse(head), expected=KNOWN)
    rest = stream.read(max(max_bytes - len(head) + 1, 0))
    if len(head) + len(rest) > max_bytes:
        raise InputError(
            "the file is too large to be read as one structure file.",
            file=file,
            found=f"more than {max_bytes / 1e6:g} MB",
            hint="Split it into several files, or raise max_bytes.",
        )
    return head + rest


def _format_of(name: str, data: bytes) -> str | None:
    """Format by extension, confirmed by content, else by content alone."""
    head = (decoded(data[:SNIFF_BYTES]) if data.startswith(_UTF16) else data[:SNIFF_BYTES].decode("latin-1")).lstrip(
        "\ufeffï»¿"
    )
    head = head.lstrip()
    suffix = Path(name).suffix
    stated = FORMATS.get(suffix)
    if stated is None and name.split(".")[0].startswith(("poscar", "contcar")):
        stated = "poscar"
    first = head.split("\n", 1)[0].strip()
    looks = {
        "cif": "data_" in head.lower(),
        "json": head.startswith(("{", "[")),
        "xyz": first.isascii() and first.isdigit(),
        "poscar": _looks_like_poscar(head),
    }
    if stated is not None:
        return stated if looks[stated] else None
    return next((kind for kind, fits in looks.items() if fits), None)


def _looks_like_poscar(head: str) -> bool:
    lines = head[:10_000].splitlines()[:5]
    try:
        scale = [float(word) for word in lines[1].split()]
        rows = [[float(word) for word in line.split()[:3]] for line in lines[2:5]]
    except (IndexError, ValueError):
        return False
    return len(scale) in (1, 3) and len(rows) == 3 and all(len(row) == 3 for row in rows)


def _glimpse(data: bytes) -> str:
    return repr(data[:40].decode("latin-1")) + (" ..." if len(data) > 40 else "")


def decoded(data: bytes) -> str:
    """Text of bytes in UTF-8 or UTF-16 (with or without its mark), else in Latin-1, which fits any bytes."""
    try:
        return data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
