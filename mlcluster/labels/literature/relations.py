"""Related pairs: the kind the table states, and the kind the two compositions show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlcluster.chem.ligands import LIGANDS
from mlcluster.errors import DataError
from mlcluster.labels.literature.composition import Composition, same_ligands
from mlcluster.labels.literature.table import DIRECTIONS, PAIR_KINDS, Row, bundled, read_table


@dataclass(frozen=True)
class Pair:
    """Two related compounds.

    Parameters
    ----------
    kind
        Word of `mlcluster.labels.literature.table.PAIR_KINDS`, as stated.
    a, b
        Identifiers; a compound without a measurement has one as well.
    doi
        Source, or "".
    line
        Line of the file.
    directions
        Words of `mlcluster.labels.literature.table.DIRECTIONS`: what B is beside A, as published.
    """

    kind: str
    a: str
    b: str
    doi: str
    line: int
    directions: tuple[str, ...] = ()

    @property
    def signs(self) -> dict[str, int]:
        """Sign of B - A of each target whose direction is published, in the unit of the target."""
        return dict(DIRECTIONS[word] for word in self.directions)


def pairs(path: str | Path | None = None) -> list[Pair]:
    """Related pairs of a table; of the bundled one by default.

    Raises
    ------
    DataError
        For an unknown kind of pair.
    """
    table = read_table(path if path is not None else bundled("pairs.csv"))
    try:
        return [pair_of(row) for row in table.rows]
    except DataError as error:
        raise error.placed(file=table.path) from None


def pair_of(row: Row) -> Pair:
    """Pair of one row.

    Raises
    ------
    DataError
        For an unknown kind of pair, a blank identifier, or an unknown direction.
    """
    kind = row["pair_kind"].replace("-", " ")
    if kind not in PAIR_KINDS:
        raise DataError(
            "unknown kind of pair.", site=f"line {row.line}", found=kind or "nothing", expected=", ".join(PAIR_KINDS)
        )
    if not row["cluster_id_a"] or not row["cluster_id_b"] or row["cluster_id_a"] == row["cluster_id_b"]:
        found = f"{row['cluster_id_a'] or 'nothing'} and {row['cluster_id_b'] or 'nothing'}"
        raise DataError("a pair is two compounds.", site=f"line {row.line}", found=found, expected="two identifiers")
    directions = tuple(filter(None, row["direction"].split("|")))
    strange = [word for word in directions if word not in DIRECTIONS]
    targets = [DIRECTIONS[word][0] for word in directions if word in DIRECTIONS]
    if strange or len(set(targets)) < len(targets):
        raise DataError(
            "not the directions of a pair.",
            site=f"line {row.line}",
            found=row["direction"],
            expected=f"one a property of {', '.join(DIRECTIONS)}, joined by |",
        )
    return Pair(kind, row["cluster_id_a"], row["cluster_id_b"], row["doi"], row.line, directions)


def unmeasured(table: Iterable[Pair], measured: Iterable[str]) -> list[tuple[Pair, list[str]]]:
    """Pairs that have a member without a measurement, with those members."""
    known = set(measured)
    found = [(pair, [name for name in (pair.a, pair.b) if name not in known]) for pair in table]
    return [(pair, names) for pair, names in found if names]


def kind_of(a: Composition, b: Composition) -> tuple[str | None, str]:
    """Kind of pair that two compositions show, and the reason; None where a composition is not complete.

    Composition does not show geometry: compounds of one composition and charge count as isomers, and only one metal
    site or ligands missing on one side count as a defect.

    Examples
    --------
    [Au25(PET)18]- and Au25(PET)18 differ in charge; [Au13(dppe)5Cl2]3+ and [Au13(dppe)5Br2]3+ in a ligand.
    """
    for side in (a, b):
        if not side.complete:
            return None, "a composition is not complete"
    metals_a, metals_b = Counter(a.metals), Counter(b.metals)
    ligands_a, ligands_b = _counts(a), _counts(b)
    alike = same_ligands(ligands_a, ligands_b)
    if metals_a == metals_b and alike:
        if a.charge is not None and b.charge is not None and a.charge != b.charge:
            return "charge state", f"one composition, charge {a.charge:+d} against {b.charge:+d}"
        if _solvate(a) != _solvate(b):
            return "related", f"one composition, but solvate {_solvate(a) or 'none'} against {_solvate(b) or 'none'}"
        return (
            "isomer",
            "one composition and charge" if a.charge == b.charge else "one composition, a charge not stated",
        )
    change = _gain(ligands_a, ligands_b)
    if metals_a == metals_b:
        if ligands_a <= ligands_b or ligands_b <= ligands_a:
            return "defect", f"the same metals, but {change}"
        if _donors(ligands_a) == _donors(ligands_b):
            return "ligand exchange", f"the same metals, but {change}"
        return "related", f"the same metals, but {change}: other numbers of donors"
    change = _gain(metals_a + ligands_a, metals_b + ligands_b)
    if metals_a.total() == metals_b.total():
        return "doping" if alike else "related", f"the same number of metals, but {change}"
    moved = (ligands_a - ligands_b).total() + (ligands_b - ligands_a).total()
    one_site = (metals_a <= metals_b or metals_b <= metals_a) and abs(metals_a.total() - metals_b.total()) == 1
    return ("defect", f"one metal site: {change}") if one_site and moved <= 1 else ("related", change)


def _solvate(composition: Composition) -> str:
    return composition.formula.solvate if composition.formula is not None else ""


def _counts(composition: Composition) -> Counter[str]:
    return Counter({name: n for name, n in composition.ligands.items() if n})


def _donors(ligands: Mapping[str, int]) -> tuple[int, int]:
    """Donor atoms and formal charge of all ligands."""
    donors = sum(LIGANDS[name].denticity * n for name, n in ligands.items())
    return donors, sum(LIGANDS[name].charge * n for name, n in ligands.items())


def _gain(a: Counter[str], b: Counter[str]) -> str:
    parts = [f"{n} {what} more" for what, n in sorted((b - a).items())]
    parts += [f"{n} {what} fewer" for what, n in sorted((a - b).items())]
    return "B has " + " and ".join(parts)
