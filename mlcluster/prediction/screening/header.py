"""``screen.json``: what a screen was made with, and whether a directory may be gone on with."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, InputError
from mlcluster.prediction.screening.table import PREDICTIONS, STRUCTURES

NAME = "screen.json"
SCHEMA = 1
"""Number of the meaning of parts and header."""


def run_key(run: Mapping[str, Any]) -> str:
    """SHA-256 of what decides the rows beside the inputs."""
    return hashlib.sha256(json.dumps([SCHEMA, run], sort_keys=True).encode()).hexdigest()


def read_header(directory: str | Path) -> dict[str, Any] | None:
    """What the directory says of its screen; None if there is none.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = Path(directory) / NAME
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError("the record of the screen cannot be read.", file=path, found=error) from error


def write_header(directory: Path, header: Mapping[str, Any]) -> None:
    """Replace the record as a whole."""
    unfinished = directory / f".{NAME}-{uuid.uuid4().hex[:8]}"
    unfinished.write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")
    os.replace(unfinished, directory / NAME)


def check_same_run(directory: Path, run: Mapping[str, Any], *, restart: bool) -> None:
    """Refuse to go on with a screen that was made otherwise; begin anew if asked to.

    Raises
    ------
    ConfigError
        Naming what differs.
    """
    if restart:
        for name in (PREDICTIONS, STRUCTURES):
            shutil.rmtree(directory / name, ignore_errors=True)
        (directory / NAME).unlink(missing_ok=True)
    header = read_header(directory)
    if header is None:
        return
    before = header.get("run", {})
    differing = [key for key in run if before.get(key) != run[key]]
    if differing or header.get("schema") != SCHEMA:
        raise ConfigError(
            "this directory holds a screen that was made otherwise.",
            file=directory / NAME,
            found="; ".join(f"{key} {before.get(key)}" for key in differing) or f"schema {header.get('schema')}",
            expected="; ".join(f"{key} {run[key]}" for key in differing) or f"schema {SCHEMA}",
            hint="Name another --out, or begin this one anew with --restart.",
        )


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory for this process alone; the lock goes with the process, however it ends.

    Raises
    ------
    ConfigError
        If another process is at work there.
    """
    with (directory / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError("another screen is at work in this directory.", file=directory) from None
        yield
