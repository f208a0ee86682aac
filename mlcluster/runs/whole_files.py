"""Files that are there whole or not at all, and directories that one process has for itself."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from mlcluster.errors import InputError

_UNFINISHED = ".partial"


def check_place(path: str | Path | None, *, directory: bool = False) -> None:
    """Refuse a place that cannot be written to, before any work is done.

    Parameters
    ----------
    path
        File to write, whose folder has to be there; None is fine.
    directory
        Whether it is a directory, made with those above it.

    Raises
    ------
    InputError
        If its folder is not there, a folder stands in its place (or a file in that of a directory), or neither may be
        written to.
    """
    if path is None:
        return
    path = Path(path)
    kind = "a directory" if directory else "a file"
    if path.exists() and path.is_dir() is not directory:
        found = "a directory" if path.is_dir() else "a file"
        raise InputError("this cannot be written.", file=path, found=found, expected=f"the name of {kind}")
    there = path if path.exists() else path.parent
    while directory and not there.exists():
        there = there.parent
    if not path.exists() and not there.is_dir():
        hint = "Make it first, or name another place."
        raise InputError("no such directory.", file=there, hint=hint)
    if not os.access(there, os.W_OK):
        raise InputError("no permission to write here.", file=there, hint="Name another place.")


@contextlib.contextmanager
def replaced(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a path to write a file to, which takes the place of `path` in one step when the block ends well.

    A kill at any moment leaves the former file or the new one, and perhaps an unfinished one beside it, whose name
    begins with a dot (readers of Parquet folders pass over it) and which `remove_unfinished` removes. An error in the
    block leaves the former file and nothing beside it.

    Parameters
    ----------
    path
        File to make or replace; its directory is made when missing.
    durable
        Whether the content must be on the disk first, which power loss then cannot take; a cache does without.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}{_UNFINISHED}")
    try:
        yield unfinished
        if durable:
            with open(unfinished, "rb+") as handle:
                os.fsync(handle.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Write text (UTF-8, lines as they are) or bytes as by `replaced`."""
    with replaced(path, durable=durable) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)


def keep(path: Path, content: str | bytes) -> None:
    """Write a file of a cache; where that cannot be done, the work goes on, and only the next one is slower."""
    try:
        write_whole(path, content, durable=False)
    except OSError as error:  # read-only or full
        logging.getLogger("mlcluster").debug("not kept: %s", error)


@contextlib.contextmanager
def replaced_directory(directory: Path) -> Iterator[Path]:
    """Yield a new directory to fill, which takes the place of `directory` when the block ends well.

    For an instant there is none; never is there half of one. An error in the block leaves the former one alone.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished, former = (directory.with_name(f".{directory.name}-{uuid.uuid4().hex[:12]}") for _ in range(2))
    unfinished.mkdir()
    try:
        yield unfinished
        if directory.exists():
            os.replace(directory, former)
        os.replace(unfinished, directory)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def remove_unfinished(directory: Path) -> None:
    """Remove what killed writers left in a directory; nobody else may be writing there."""
    for path in directory.glob(f".*{_UNFINISHED}"):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def held(file: Path) -> Iterator[bool]:
    """Hold a lock for the block; False, at once, where another holder has it.

    The lock ends with its process, however that ends; the file stays.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
