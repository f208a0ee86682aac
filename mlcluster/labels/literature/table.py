"""The tables of measurements and pairs as they lie on disk, and the words their columns may hold."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mlcluster.errors import DataError, InputError
from mlcluster.labels.methods import methods_of
from mlcluster.resources import dataset_dir

EMISSION_KINDS = ("fluorescence", "phosphorescence", "TADF", "unknown")
YIELD_METHODS = ("absolute", "relative", "unknown")
CONFIDENCES = ("high", "medium", "low")
PAIR_KINDS = ("isomer", "ligand exchange", "doping", "defect", "charge state", "related")

# First words of the free text -> controlled name; the first that fits is taken.
_GAP_METHODS = (
    ("optical", "optical"),
    ("electrochemical", "electrochemical"),
    ("tddft", "tddft-not-stated"),
    ("dft", "dft-not-stated"),
    ("unspecified", "measured-not-stated"),
    ("band gap (method not stated", "measured-not-stated"),
)


def gap_method(text: str) -> str:
    """Controlled name of how a gap was obtained.

    Raises
    ------
    DataError
        If the text names no method.

    Examples
    --------
    >>> gap_method("optical onset"), gap_method("DFT:functional not stated in abstract"), gap_method("gfn1-xtb")
    ('optical', 'dft-not-stated', 'gfn1-xtb')
    """
    if text in methods_of("gap"):
        return text
    for start, name in _GAP_METHODS:
        if text.lower().startswith(start):
            return name
    raise DataError(
        "cannot tell how a gap was obtained.", found=text or "nothing", expected=", ".join(methods_of("gap"))
    )


VALUE_COLUMNS: dict[str, tuple[str, str]] = {
    "gap_ev": ("gap", "eV"),
    "gap_mev": ("gap", "meV"),
    "emission_nm": ("emission", "nm"),
    "emission_ev": ("emission", "eV"),
    "qy_percent": ("quantum_yield", "percent"),
    "qy_fraction": ("quantum_yield", "fraction"),
    "lifetime_us": ("lifetime", "us"),
    "lifetime_ns": ("lifetime", "ns"),
    "lifetime_ps": ("lifetime", "ps"),
    "lifetime_ms": ("lifetime", "ms"),
}
"""Target and unit of each column of values: the name of a column states its unit."""

COLUMNS = (
    "measurement_id cluster_id formula charge metals n_valence_electrons ligands kernel gap_ev gap_method emission_nm "
    "emission_kind qy_percent qy_method lifetime_us excitation_nm medium temperature_k doi reference source_url "
    "confidence flags"
).split()
"""Columns of the bundled table, in its order."""

REQUIRED = ("measurement_id", "cluster_id", "formula")
PAIR_COLUMNS = ("pair_kind", "cluster_id_a", "cluster_id_b", "doi", "direction")

DIRECTIONS: dict[str, tuple[str, int]] = {
    "redder": ("emission", 1),
    "bluer": ("emission", -1),
    "brighter": ("quantum_yield", 1),
    "darker": ("quantum_yield", -1),
    "longer-lived": ("lifetime", 1),
    "shorter-lived": ("lifetime", -1),
    "larger gap": ("gap", 1),
    "smaller gap": ("gap", -1),
}
"""What B of a pair is beside A: target and sign of B - A in the unit of the target (emission in nm)."""


@dataclass(frozen=True)
class Row:
    """One row: the line it ends on, and its cells by column, blank where the table has no such column."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def name(self) -> str:
        """Identifiers of the row, for messages."""
        return f"{self['measurement_id']} {self['cluster_id']}".strip() or f"line {self.line}"


@dataclass(frozen=True)
class Table:
    """A file of rows.

    Parameters
    ----------
    path, columns, rows
        Where it was read, the columns it has, and its rows.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def holds_pairs(self) -> bool:
        """True for a table of pairs, False for one of measurements."""
        return "pair_kind" in self.columns


def bundled(name: str) -> Path:
    """Path of a file of the bundled data set."""
    return dataset_dir("literature") / name


def read_table(path: str | Path) -> Table:
    """Read a table of measurements or pairs; cells are text without blanks around it.

    Raises
    ------
    InputError
        If the file is missing or not text, a column is unknown (the nearest name is given), doubled or missing, or a
        row has more cells than the table has columns.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file.", file=path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            columns = tuple(name.strip() for name in next(reader, []))
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("a table has to be CSV in UTF-8.", file=path, found=error) from error
    _check_columns(path, columns)
    for line, cells in rows:
        if len(cells) != len(columns):
            raise InputError(
                "a row does not fit the header.",
                file=path,
                site=f"line {line}",
                found=f"{len(cells)} cells",
                expected=f"{len(columns)}",
                hint="Put text that holds a comma in double quotes.",
            )
    return Table(path, columns, tuple(Row(line, dict(zip(columns, cells, strict=True))) for line, cells in rows))


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    pairs = "pair_kind" in columns
    known = PAIR_COLUMNS if pairs else (*COLUMNS, *(name for name in VALUE_COLUMNS if name not in COLUMNS))
    required: Iterable[str] = PAIR_COLUMNS[:3] if pairs else REQUIRED
    for name in columns:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}? The name of a column states its unit." if near else None
            hint = "Put commas between the columns." if set(name) & set(";\t") else hint
            raise InputError(
                "unknown column.", file=path, found=name or "no name", expected=", ".join(known), hint=hint
            )
    doubled = [name for name in columns if columns.count(name) > 1]
    if doubled:
        raise InputError("a column occurs twice.", file=path, found=doubled[0])
    missing = [name for name in required if name not in columns]
    if missing:
        raise InputError("a column is missing.", file=path, found=", ".join(columns) or "none", expected=missing[0])
