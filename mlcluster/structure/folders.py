"""Which files of a folder are structures: one answer for every verb that takes a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mlcluster.errors import InputError
from mlcluster.structure.files import FORMATS

RECORDS = ("design.json", "screen.json")
"""Files that verbs of this package leave beside structures, and that are none."""


def structure_files(path: Path, also: Iterable[str] = ()) -> list[Path]:
    """The file itself, or the structure files of a folder by name, all the way down; hidden ones are passed over.

    Parameters
    ----------
    path
        A file or a folder.
    also
        Endings, as ``".parquet"``, that count as structures beside those of `mlcluster.structure.files.FORMATS`.

    Raises
    ------
    InputError
        If there is nothing of that name, or the folder holds no structure.
    """
    if not path.exists():
        raise InputError("no such file or folder.", file=path, hint="Check the path.")
    if not path.is_dir():
        return [path]
    endings = (*FORMATS, *also)
    found = [file for file in sorted(path.rglob("*")) if _is_structure(file.relative_to(path), file, endings)]
    if not found:
        expected = ", ".join([*endings, "also as .gz"])
        raise InputError("the folder holds no structure files.", file=path, expected=expected)
    return found


def files_within(given: Iterable[object]) -> list:
    """Every path that is a folder replaced by its structure files; all else as it stands.

    Raises
    ------
    InputError
        If a folder holds no structure.
    """
    return [
        file
        for each in given
        for file in (structure_files(Path(each)) if isinstance(each, str | Path) and _is_folder(each) else [each])
    ]


def ending_of(file: Path) -> str:
    """Ending in small letters, that of the content of a ``.gz``.

    >>> ending_of(Path("A.CIF.gz"))
    '.cif'
    """
    return Path(file.name.lower().removesuffix(".gz")).suffix


def _is_folder(path: str | Path) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):  # no name of a file: whoever reads it says so
        return False


def _is_structure(name: Path, file: Path, endings: tuple[str, ...]) -> bool:
    if any(part.startswith(".") for part in name.parts) or file.name in RECORDS or not file.is_file():
        return False
    return ending_of(file) in endings or file.name.lower().startswith(("poscar", "contcar"))
