"""Many comparisons from a table of pairs: a row that cannot be compared is one row with its error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcluster.comparison.kept import KeptPairs
from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.csv_table import CsvRow, cell_number, read_csv
from mlcluster.structure.files import printable
from mlcluster.structure.limits import whole_charge, whole_multiplicity, whole_number

REQUIRED = ("a", "b")
OPTIONAL = (
    "relation",
    *(f"{what}_{side}" for what in ("charge", "multiplicity", "cluster", "record") for side in "ab"),
)
"""Columns a table of pairs may have; a blank cell leaves the choice to the command."""


def read_pairs(path: Path) -> list[CsvRow]:
    """Rows of a table of pairs; one that cannot be used holds its error.

    Raises
    ------
    InputError
        If it is not a CSV in UTF-8 with the columns `REQUIRED`, and of others only `OPTIONAL`.
    """
    return list(read_csv(path, required=REQUIRED, optional=OPTIONAL).rows)


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
    for row in read_pairs(path):
        names = [row.cells.get(side, "") for side in REQUIRED]
        files = [str(path.parent / name) if name else "" for name in names]
        shown = dict(zip(REQUIRED, map(printable, files), strict=True))
        try:
            if row.error is not None:
                raise row.error
            if not all(names):
                raise InputError("a cell that is needed is empty.", file=path, site=f"line {row.line}")
            yield _answer(files, compare, {**settings, **_stated(row.cells, settings, path, row.line)}, kept)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except MlclusterError as error:
            yield {**shown, "error": str(error)}
        except Exception as error:  # noqa: BLE001 # one pair must not end the rest
            yield {**shown, "error": f"unexpected {type(error).__name__}: {error}"}


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
            found = [_whole(cell, what, path, line) for cell in cells]
            stated[what] = tuple(d if value is None else value for value, d in zip(found, defaults, strict=True))
    records = tuple(row.get(f"record_{side}") or None for side in "ab")
    return stated | ({"records": records} if any(records) else {})


def _whole(cell: str, what: str, path: Path, line: int) -> int | None:
    site = f"line {line}, {what}"
    value = cell_number(cell, file=path, site=site)
    return None if value is None else _WHOLE[what](value, str(path), site)


def _cluster_number(value: float, file: str, site: str) -> int:
    return whole_number(value, "the number of a cluster", low=1, high=1_000_000, file=file, site=site)


_WHOLE: dict[str, Callable[..., int]] = {
    "charge": whole_charge,
    "multiplicity": whole_multiplicity,
    "cluster": _cluster_number,
}
