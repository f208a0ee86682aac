"""Many comparisons from a table of pairs: a row that cannot be compared is one row with its error."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcluster.comparison.kept import KeptPairs
from mlcluster.errors import InputError, MlclusterError

REQUIRED = ("a", "b")
OPTIONAL = (
    "relation",
    *(f"{what}_{side}" for what in ("charge", "multiplicity", "cluster", "record") for side in "ab"),
)
"""Columns a table of pairs may have; a blank cell leaves the choice to the command."""

_WHOLE = ("charge", "multiplicity", "cluster")


def read_pairs(path: Path) -> list[dict[str, str]]:
    """Rows of a table of pairs, cells as text; short and empty rows included, as they are errors of their own.

    Raises
    ------
    InputError
        If it is not a table with the columns `REQUIRED`, and of others only `OPTIONAL`.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = [{key: (cell or "").strip() for key, cell in row.items() if key} for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("a table of pairs has to be CSV in UTF-8.", file=path, found=error) from error
    if not set(REQUIRED) <= set(columns) or set(columns) - {*REQUIRED, *OPTIONAL}:
        raise InputError(
            "the columns of this table are not those it needs.",
            file=path,
            found=", ".join(columns) or "nothing",
            expected=", ".join((*REQUIRED, *(f"{name} (optional)" for name in OPTIONAL))),
        )
    return rows


def compare_pairs(
    path: Path,
    compare: Callable[..., dict[str, Any]],
    settings: Mapping[str, Any],
    kept: KeptPairs | None = None,
) -> Iterator[dict[str, Any]]:
    """Compare each pair of a table, in its order; ``{"a", "b", "error"}`` where that fails, whatever the reason.

    Parameters
    ----------
    path
        CSV with the columns a and b, files relative to it, and any of `OPTIONAL`.
    compare
        `mlcluster.compare`, or what stands for it.
    settings
        Its keyword arguments where the table says nothing.
    kept
        Pairs finished before, which are not compared again, and where further ones go.
    """
    for line, row in enumerate(read_pairs(path), start=2):
        names = [row.get(side, "") for side in REQUIRED]
        files = [str(path.parent / name) if name else "" for name in names]
        try:
            if not all(names):
                raise InputError("a cell that is needed is empty.", file=path, site=f"line {line}")
            yield _answer(files, compare, {**settings, **_stated(row, settings, path, line)}, kept)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except MlclusterError as error:
            yield {"a": files[0], "b": files[1], "error": str(error)}
        except Exception as error:  # noqa: BLE001 # one pair must not end the rest
            yield {"a": files[0], "b": files[1], "error": f"unexpected {type(error).__name__}: {error}"}


def _answer(
    files: list[str], compare: Callable[..., dict[str, Any]], arguments: dict[str, Any], kept: KeptPairs | None
) -> dict[str, Any]:
    if kept is None:
        return compare(*files, **arguments)
    key = kept.key(files, arguments)
    found = kept.get(key)
    return kept.add(key, compare(*files, **arguments)) if found is None else found


def _stated(row: Mapping[str, str], settings: Mapping[str, Any], path: Path, line: int) -> dict[str, Any]:
    """What a row states beyond its files, as keyword arguments of `compare`."""
    stated: dict[str, Any] = {"relation": row["relation"]} if row.get("relation") else {}
    for what in _WHOLE:
        cells = [row.get(f"{what}_{side}", "") for side in "ab"]
        if any(cells):
            given = settings.get(what)
            defaults = given if isinstance(given, tuple) else (given, given)
            stated[what] = tuple(
                _whole(cell, path, f"line {line}, {what}") if cell else default
                for cell, default in zip(cells, defaults, strict=True)
            )
    records = tuple(row.get(f"record_{side}") or None for side in "ab")
    return stated | ({"records": records} if any(records) else {})


def _whole(cell: str, path: Path, site: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise InputError("not a whole number.", file=path, site=site, found=cell) from None
