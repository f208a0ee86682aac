"""What has been measured on a cluster, as rows: every value of the records that it fits, with conditions and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.errors import InputError
from mlcluster.labels.literature.additions import FILE_NAME
from mlcluster.labels.literature.linking import link_cluster, link_formula
from mlcluster.labels.literature.measurements import ClusterRecord, clusters
from mlcluster.labels.literature.relations import Pair, pairs
from mlcluster.labels.literature.table import bundled
from mlcluster.units import number_text

LITERATURE, OWN = "literature", "yours"
"""Which table a row is of."""


def literature() -> tuple[Mapping[str, ClusterRecord], Sequence[Pair]]:
    """Compounds and pairs of the bundled tables, read once as long as the files do not change."""
    files = [bundled(name) for name in ("measurements.csv", "pairs.csv")]
    return _tables(*files, *(file.stat().st_mtime_ns for file in files))


@lru_cache(maxsize=1)
def _tables(measured: Path, related: Path, *_changed: int) -> tuple[Mapping[str, ClusterRecord], Sequence[Pair]]:
    return clusters(measured), pairs(related)


def tables_with(own: str | Path | None = None) -> dict[str, Mapping[str, ClusterRecord]]:
    """The literature table and, where it is named, a user's own, by the words `LITERATURE` and `OWN`.

    Parameters
    ----------
    own
        Directory or table of ``mlcluster data add``.

    Raises
    ------
    InputError
        If there is no such table.
    """
    tables = {LITERATURE: literature()[0]}
    if own is None:
        return tables
    path = Path(own)
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise InputError("no table of measurements here.", file=own, hint="mlcluster data add CSV --to DIR makes one.")
    return tables | {OWN: _own_table(path, path.stat().st_mtime_ns)}


@lru_cache(maxsize=4)
def _own_table(path: Path, _changed: int) -> Mapping[str, ClusterRecord]:
    return clusters(path)


def values_of(anatomy: Anatomy, *, charge_assumed: bool = False, own: str | Path | None = None) -> list[dict[str, Any]]:
    """Rows of what the tables hold about a structure, as of `value_rows`; none where no record fits.

    Where several records fit, isomers in particular, the rows of all are listed with the match "ambiguous".

    Parameters
    ----------
    anatomy, charge_assumed
        The structure, and whether its charge was assumed.
    own
        As of `tables_with`; rows of a user's own table say so in "table".

    Raises
    ------
    InputError
        If there is no such table.
    """
    related = literature()[1]
    return [
        row
        for name, table in tables_with(own).items()
        for row in linked_rows(link_cluster(anatomy, table, related, charge_assumed=charge_assumed), table, name)
    ]


def values_of_formula(text: str, charge: int | None = None, *, own: str | Path | None = None) -> list[dict[str, Any]]:
    """Rows of what the tables hold about a formula, as of `values_of`.

    Raises
    ------
    InputError
        If the formula cannot be read, or there is no such table.

    Examples
    --------
    >>> rows = values_of_formula("[Au22(SG)18]0")
    >>> [(row["target"], value_text(row), row["medium"]) for row in rows][:2]
    [('emission', '665 nm', 'water'), ('quantum_yield', '8 %', 'water')]
    """
    related, formula = literature()[1], parse_cluster_formula(text)
    return [
        row
        for name, table in tables_with(own).items()
        for row in linked_rows(link_formula(formula, table, related, charge=charge), table, name)
    ]


def linked_rows(
    link: Mapping[str, Any], records: Mapping[str, ClusterRecord], table: str = LITERATURE
) -> list[dict[str, Any]]:
    """Rows of the records that a link names: of those with the fewest open points."""
    fewest = min((len(one["unknown"]) for one in link["candidates"]), default=0)
    chosen = [records[one["cluster_id"]] for one in link["candidates"] if len(one["unknown"]) == fewest]
    return [row for record in chosen for row in value_rows(record, link["status"], table)]


def value_rows(record: ClusterRecord, match: str, table: str = LITERATURE) -> list[dict[str, Any]]:
    """One row a value of a compound.

    Parameters
    ----------
    record
        The compound.
    match
        How sure it is that the compound is the one asked for: a status of `mlcluster.labels.literature.link`, or
        "named" where its name or its words were asked for.
    table
        `LITERATURE` or `OWN`.

    Returns
    -------
    list[dict[str, Any]]
        Dictionaries ``{"cluster", "formula", "kernel", "target", "value", "unit", "bound", "method", "medium",
        "temperature", "doi", "reference", "flags", "match", "table", "measurement"}``; the temperature is in kelvin.
    """
    return [
        {
            "cluster": record.id,
            "formula": record.formula,
            "kernel": record.kernel,
            "target": label.target,
            "value": label.value,
            "unit": label.unit,
            "bound": label.bound,
            "method": label.method,
            "medium": label.medium,
            "temperature": label.temperature_k,
            "doi": measurement.doi,
            "reference": measurement.reference or measurement.url,
            "flags": sorted(label.flags),
            "match": match,
            "table": table,
            "measurement": measurement.id,
        }
        for measurement in record.measurements
        for label in measurement.labels
    ]


def value_text(row: Mapping[str, Any]) -> str:
    """A value as chemists say it: yields in percent, bounds in words.

    >>> value_text({"value": 0.4763, "unit": "fraction", "bound": "lower"})
    'at least 47.6 %'
    """
    words = {"lower": "at least ", "upper": "at most "}.get(row["bound"] or "", "")
    if row["unit"] == "fraction":
        return f"{words}{100 * row['value']:.3g} %"
    return f"{words}{number_text(float(row['value']), row['unit'])} {row['unit']}"


def values_in_words(rows: Iterable[Mapping[str, Any]]) -> str:
    """Property, value and medium of each row, flagged ones last and named as such."""
    ordered = sorted(rows, key=lambda row: bool(row["flags"]))
    return "; ".join(f"{row['target'].replace('_', ' ')} {value_text(row)}{_circumstances(row)}" for row in ordered)


def _circumstances(row: Mapping[str, Any]) -> str:
    temperature = f"{row['temperature']:g} K" if row["temperature"] is not None else ""
    method = "" if row["method"] in ("", "measured") else row["method"].removesuffix("-not-stated")
    told = ", ".join(filter(None, (method, row["medium"], temperature, *row["flags"])))
    return f" ({told})" if told else ""
