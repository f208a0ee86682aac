"""Anyone's own structures in a folder, with a table that names file and labels; the source ``csv+dir``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry, whole
from mlcluster.errors import DataError, InputError, MlclusterError
from mlcluster.labels import Channel
from mlcluster.structure.csv_table import CsvRow, cell_number, read_csv

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
        CSV with the column file and, if wanted, entry, charge, multiplicity, cluster, block, parent, split and source.
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
    wanted = ["file", *(column["column"] for column in labels.values())]
    table = read_csv(path, required=wanted)
    if not table.rows:
        raise InputError("a table without labels.", file=path, found="no row")
    items = [_item(row, table.path, labels, declared_ligands) for row in table.rows]
    names = [item.entry for item in items]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError("an entry occurs twice.", file=path, found=", ".join(twice[:5]), expected="unique identifiers")
    return items


def _item(
    row: CsvRow, table: Path, labels: Mapping[str, Mapping[str, str]], declared: tuple[str, ...]
) -> LabelledCluster:
    if row.error is not None:
        raise row.error
    try:
        return _entry(row, table, labels, declared)
    except MlclusterError as error:
        own = error.file in (None, str(table))
        raise error.placed(file=table, site=f"line {row.line}" if own else f"{table} line {row.line}") from None


def _entry(
    row: CsvRow, table: Path, labels: Mapping[str, Mapping[str, str]], declared: tuple[str, ...]
) -> LabelledCluster:
    from mlcluster.structure.read import read

    cells = row.cells

    def value_of(column: str) -> float | None:
        return cell_number(cells.get(column, ""), file=table, site=f"line {row.line}, {column}")

    if not cells["file"]:
        raise InputError("a cell that is needed is empty.", file=table, site=f"line {row.line}, file")
    charge, multiplicity, chosen = (
        whole(f"{table}, line {row.line}", key, value_of(key)) for key in ("charge", "multiplicity", "cluster")
    )
    results = read(
        table.parent / cells["file"],
        charge=charge,
        multiplicity=multiplicity,
        cluster=chosen,
        declared_ligands=declared,
        block=cells.get("block") or None,
    )
    if results.failed:
        raise results.failed[0]
    if len(results) != 1:
        raise InputError(
            "a file holds several clusters.",
            file=table,
            site=f"line {row.line}, {cells['file']}",
            found=len(results),
            hint="Name one in a column cluster.",
        )
    cluster = results[0].cluster
    records = []
    for key, column in labels.items():
        channel, value = Channel.parse(key), value_of(column["column"])
        if value is not None:
            unit = column.get("unit", "")
            records.append({"target": channel.target, "method": channel.method, "value": value, "unit": unit})
    return make_entry(
        CARD.name,
        cells.get("entry") or Path(cells["file"]).stem,
        cluster.numbers,
        cluster.positions,
        charge=cluster.charge,
        multiplicity=cluster.multiplicity,
        declared_ligands=cluster.declared_ligands,
        parent=cells.get("parent", ""),
        split=cells.get("split", ""),
        labels=records,
        reference=cells.get("source") or None,
    )
