"""Anyone's own structures in a folder, with a table that names file and labels; the source ``csv+dir``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry, number, whole
from mlcluster.errors import DataError, InputError
from mlcluster.labels import Channel

CARD = Card(
    name="csv+dir",
    what="your own structures: one file each in a folder, and a CSV with a column file and a column for each label",
    entries=0,
    method="as your table states; every label needs a unit",
    licence="yours",
    citation="yours",
    traps=(
        "A file must hold one distinct cluster; choose with a column cluster (1, 2, ...) where it holds several.",
        "Without a column charge, the charge is what the file states, else unknown: never 0.",
    ),
    obtain="Give path (the CSV) and labels, for instance "
    '{"gap:optical": {"column": "gap_ev", "unit": "eV"}}; files are relative to the CSV.',
    bundled=True,
)


def load(
    path: str | Path, labels: Mapping[str, Mapping[str, str]], declared_ligands: tuple[str, ...] = ()
) -> list[LabelledCluster]:
    """Every row of the table.

    Parameters
    ----------
    path
        CSV with the column file and, if wanted, entry, charge, multiplicity, cluster, parent, split and source.
    labels
        For each channel its column and unit: ``{"gap:optical": {"column": "gap_ev", "unit": "eV"}}``. An empty cell is
        no label.
    declared_ligands
        As in `mlcluster.read`.

    Raises
    ------
    InputError
        If the table or a structure cannot be read.
    DataError
        If a label breaks a rule or an entry occurs twice; the row is named.
    """
    table = Path(path)
    if not table.is_file():
        raise InputError("no such file.", file=path)
    with table.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    wanted = ["file", *(column["column"] for column in labels.values())]
    missing = [name for name in wanted if rows and name not in rows[0]]
    if missing or not rows:
        raise InputError(
            "the table lacks columns it needs.",
            file=path,
            found=", ".join(rows[0]) if rows else "no row",
            expected=wanted,
        )
    items = [_item(row, table, line, labels, declared_ligands) for line, row in enumerate(rows, start=2)]
    names = [item.entry for item in items]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError("an entry occurs twice.", file=path, found=", ".join(twice[:5]), expected="unique identifiers")
    return items


def _item(
    row: Mapping[str, str], table: Path, line: int, labels: Mapping[str, Mapping[str, str]], declared: tuple[str, ...]
) -> LabelledCluster:
    from mlcluster.structure.read import read

    where = f"{table}, line {line}"
    charge, multiplicity, chosen = (
        whole(where, key, number(row.get(key))) for key in ("charge", "multiplicity", "cluster")
    )
    results = read(
        table.parent / row["file"],
        charge=charge,
        multiplicity=multiplicity,
        cluster=chosen,
        declared_ligands=declared,
    )
    if len(results) != 1:
        raise InputError(
            "a file holds several clusters.",
            file=table,
            site=f"line {line}, {row['file']}",
            found=len(results),
            hint="Name one in a column cluster.",
        )
    cluster = results[0].cluster
    records = []
    for key, column in labels.items():
        channel, value = Channel.parse(key), number(row[column["column"]])
        if value is not None:
            unit = column.get("unit", "")
            records.append({"target": channel.target, "method": channel.method, "value": value, "unit": unit})
    return make_entry(
        CARD.name,
        row.get("entry") or Path(row["file"]).stem,
        cluster.numbers,
        cluster.positions,
        charge=cluster.charge,
        multiplicity=cluster.multiplicity,
        declared_ligands=cluster.declared_ligands,
        parent=row.get("parent") or "",
        split=row.get("split") or "",
        labels=records,
        reference=row.get("source") or None,
    )
