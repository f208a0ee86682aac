"""``screen.json``: what a screen was made with, whether it is finished, and who may work on it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, InputError
from mlcluster.prediction.screening.screen_table import PREDICTIONS, STRUCTURES
from mlcluster.runs import content_hash, held, write_whole

NAME = "screen.json"
SCHEMA = 1
"""Number of the meaning of parts and header."""
SHARES = "shares"
"""Folder of what the tasks of a job array say of theirs."""
REFINEMENT = "refine.jsonl"
"""What was calculated to refine the screen."""


def run_key(run: Mapping[str, Any]) -> str:
    """SHA-256 of what decides the rows beside the inputs."""
    return content_hash([SCHEMA, run])


def read_header(directory: str | Path) -> dict[str, Any] | None:
    """What the directory says of its screen; None if there is none.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    return read_record(Path(directory) / NAME)


def read_record(path: Path) -> dict[str, Any] | None:
    """The record in a file; None if it is not there.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(record, dict):
            raise ValueError("no JSON object")
        return record
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        hint = "Begin the screen anew with --restart, or name another --out."
        raise InputError("the record of the screen cannot be read.", file=path, found=error, hint=hint) from error


def write_header(directory: Path, header: Mapping[str, Any]) -> None:
    """Replace the record as a whole."""
    write_whole(directory / NAME, json.dumps(header, indent=1) + "\n")


def check_same_run(directory: Path, run: Mapping[str, Any], *, restart: bool) -> None:
    """Refuse to go on with a screen that was made otherwise; begin anew if asked to.

    Raises
    ------
    ConfigError
        Naming what differs.
    """
    if restart:
        for name in (PREDICTIONS, STRUCTURES, SHARES):
            shutil.rmtree(directory / name, ignore_errors=True)
        for name in (NAME, REFINEMENT):
            (directory / name).unlink(missing_ok=True)
    header = read_header(directory)
    if header is not None:
        check_header(header, run, directory / NAME)


def check_header(header: Mapping[str, Any], run: Mapping[str, Any], file: Path) -> None:
    """Refuse a record of a screen that was made otherwise.

    Raises
    ------
    ConfigError
        Naming what differs.
    """
    before = header.get("run", {})
    differing = [key for key in run if before.get(key) != run[key]]
    if differing or header.get("schema") != SCHEMA:
        raise ConfigError(
            "this directory holds a screen that was made otherwise.",
            file=file,
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
    with held(directory / ".lock") as is_mine:
        if not is_mine:
            raise ConfigError("another screen is at work in this directory.", file=directory)
        yield
