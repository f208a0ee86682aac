"""Anyone's own structures in a folder, with a table that names file and labels; the source ``csv+dir``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlcluster.data.failures import one_item, remark
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry, whole
from mlcluster.data.sources.label_columns import LabelColumn, label_columns, look_at_units
from mlcluster.errors import DataError, InputError, MlclusterError
from mlcluster.structure.csv_table import CsvRow, cell_number, read_csv
from mlcluster.structure.result import ReadResult

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
        "Reading a crystal may drop solvent and resolve disorder: mlcluster data validate lists what it did.",
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
        CSV with the column file and, if wanted, entry, charge, multiplicity, cluster, block, family (that of
        `mlcluster.data.families` where the cell is empty), parent, split and source.
    labels
        For each channel its column and unit: ``{"gap:optical": {"column": "gap_ev", "unit": "eV"}}``. An empty cell is
        no label.
    declared_ligands
        As in `mlcluster.read`.

    Raises
    ------
    InputError
        If the table or a structure cannot be read.
    ConfigError
        If `labels` cannot be understood.
    DataError
        If a label breaks a rule or an entry occurs twice; the row is named. Within
        `mlcluster.data.failures.listed_failures` a row that cannot be used is listed and costs no other; what reading
        changed of a structure goes to `mlcluster.data.failures.listed_remarks`.
    """
    columns = label_columns(labels)
    table = read_csv(path, required=["file", *(column.column for column in columns)])
    if not table.rows:
        raise InputError("a table without labels.", file=path, found="no row")
    items = []
    for row in table.rows:
        with one_item(f"line {row.line}, {_name(row) or 'no name'}"):
            items.append(_item(row, table.path, columns, declared_ligands))
    look_at_units(columns)
    names = [item.entry for item in items]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError("an entry occurs twice.", file=path, found=", ".join(twice[:5]), expected="unique identifiers")
    return items


def _name(row: CsvRow) -> str:
    return row.cells.get("entry") or Path(row.cells.get("file", "")).stem


def _item(row: CsvRow, table: Path, columns: Sequence[LabelColumn], declared: tuple[str, ...]) -> LabelledCluster:
    if row.error is not None:
        raise row.error
    try:
        return _entry(row, table, columns, declared)
    except MlclusterError as error:
        own = error.file in (None, str(table))
        raise error.placed(file=table, site=f"line {row.line}" if own else f"{table} line {row.line}") from None


def _entry(row: CsvRow, table: Path, columns: Sequence[LabelColumn], declared: tuple[str, ...]) -> LabelledCluster:
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
    cluster, named = results[0].cluster, f"line {row.line}, {_name(row)}"
    _tell(named, results[0], charge)
    stated = [(column, value_of(column.column)) for column in columns]
    records = [column.label(named, value) for column, value in stated if value is not None]
    return make_entry(
        CARD.name,
        _name(row),
        cluster.numbers,
        cluster.positions,
        charge=cluster.charge,
        multiplicity=cluster.multiplicity,
        declared_ligands=cluster.declared_ligands,
        family=cells.get("family") or None,
        parent=cells.get("parent", ""),
        split=cells.get("split", ""),
        labels=records,
        reference=cells.get("source") or None,
    )


def _tell(name: str, result: ReadResult, charge: int | None) -> None:
    """Pass on what reading did to the structure; fragments left out beside a stated charge ask for a look."""
    for entry in result.report.entries:
        site = f"{entry.site}: " if entry.site else ""
        # That a charge is unknown is no edit, and the card of the source says so.
        told = entry.level == "info" or entry.code == "charge_unknown"
        remark("note" if told else "warning", name, f"{entry.code}: {site}{entry.message}")
    if result.dropped:
        left_out = ", ".join(f"{one.count} {one.formula} ({one.kind}, {one.why})" for one in result.dropped)
        if charge is None:
            remark("note", name, f"left out: {left_out}")
        else:
            message = f"left out: {left_out}; is the stated charge {charge:+d} that of {result.cluster.formula} alone?"
            remark("warning", name, message)
