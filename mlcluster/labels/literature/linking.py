"""`link`: which record of the table a crystal structure belongs to, by metals, ligands and charge, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.bound_ligands import Ligand
from mlcluster.chem.cluster_formula import ClusterFormula
from mlcluster.chem.elements import SYMBOLS
from mlcluster.chem.ligands import LIGANDS
from mlcluster.errors import InputError, MlclusterError
from mlcluster.labels.literature.composition import composition_from_identifier, same_ligands
from mlcluster.labels.literature.ligand_isomers import check_isomers, skeleton_formula
from mlcluster.labels.literature.measurements import ClusterRecord, clusters
from mlcluster.labels.literature.relations import Pair, kind_of, pairs
from mlcluster.labels.literature.stated_symmetry import decided_by_symmetry
from mlcluster.structure.cluster import Cluster

Status = Literal["matched", "possible", "ambiguous", "unmatched"]

_SUFFIXES = (".cif", ".cif.gz")
# Class in the ligand dictionary -> what the anatomy of a structure calls it, where the two differ.
_STRUCTURE_KINDS = {"carboxylate": "oxo anion"}


@dataclass(frozen=True)
class Candidate:
    """A record that nothing in the structure contradicts.

    Parameters
    ----------
    record
        The compound.
    agrees
        What was compared and found equal.
    unknown
        What could not be compared.
    """

    record: ClusterRecord
    agrees: tuple[str, ...]
    unknown: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return identifier, formula and kernel of the record beside the reasons."""
        return {
            "cluster_id": self.record.id,
            "formula": self.record.formula,
            "kernel": self.record.kernel,
            "agrees": list(self.agrees),
            "unknown": list(self.unknown),
        }


def link(
    directory: str | Path, table: str | Path | None = None, *, charges: Mapping[Path, int] | None = None
) -> list[dict[str, Any]]:
    """Match every crystal structure of a directory to the records of a table.

    Parameters
    ----------
    directory
        Directory with CIFs, also gzipped; folders below it are searched as well.
    table
        Table of measurements; the bundled one by default.
    charges
        Charge of the cluster of some files, where the file does not tell it.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary a cluster: ``{"file", "geometry", "cluster", "formula", "charge", "status", "record", "reason",
        "candidates"}``, or ``{"file", "error"}`` for what cannot be read. "matched": metals, ligands and charge agree
        with one record only, no isomer is known. "possible": one fits, as far as is known. "ambiguous": several do.

    Raises
    ------
    InputError
        If the directory holds no CIF.
    """
    from mlcluster.structure.read import read

    files = sorted(path for path in Path(directory).rglob("*") if path.name.lower().endswith(_SUFFIXES))
    if not files:
        raise InputError("no crystal structure here.", file=directory, expected="files that end in .cif or .cif.gz")
    records, related = clusters(table), pairs()
    stated = {path.resolve(): charge for path, charge in (charges or {}).items()}
    rows: list[dict[str, Any]] = []
    for file in files:
        try:
            for result in read(file, charge=stated.get(file.resolve())):
                assumed = any(entry.code == "charge_assumed_zero" for entry in result.report.entries)
                row = link_cluster(Anatomy(result.cluster), records, related, charge_assumed=assumed)
                rows.append({"file": str(file), "geometry": "crystal", **row})
        except MlclusterError as error:
            rows.append({"file": str(file), "error": str(error)})
    return rows


def link_cluster(
    anatomy: Cluster | Anatomy,
    records: Mapping[str, ClusterRecord],
    related: Iterable[Pair],
    *,
    charge_assumed: bool = False,
) -> dict[str, Any]:
    """Match one cluster; the dictionary of `link` without the file.

    Parameters
    ----------
    anatomy, records, related
        The structure, the compounds of a table, and the pairs that name isomers.
    charge_assumed
        The charge of the structure was taken as 0, as no counter-ion was found: a match is possible, not certain.
    """
    cluster = (anatomy := Anatomy.of(anatomy)).cluster
    metals = Counter(SYMBOLS[z] for z in cluster.numbers[anatomy.metal].tolist())
    near = [record for record in records.values() if record.composition.metals == metals]
    compared = [candidate for record in near if (candidate := _compare(anatomy, record, charge_assumed))]
    found = decided_by_symmetry(anatomy, compared)
    about = {"cluster": cluster.name, "formula": cluster.formula, "charge": cluster.charge}
    return about | _decided(found, cluster.charge, near, related, charge_assumed=charge_assumed)


def link_formula(
    formula: ClusterFormula,
    records: Mapping[str, ClusterRecord],
    related: Iterable[Pair],
    *,
    charge: int | None = None,
) -> dict[str, Any]:
    """Match a formula; the dictionary of `link` without the file, where "matched" says no more than formula and charge.

    Parameters
    ----------
    formula, records, related
        The formula, the compounds of a table, and the pairs that name isomers.
    charge
        Charge in e, where the formula states none.
    """
    charge = formula.charge if formula.charge is not None else charge
    near = [record for record in records.values() if record.composition.metals == formula.metals]
    found = [candidate for record in near if (candidate := _compare_formula(formula, charge, record))]
    return {"cluster": formula.text, "formula": formula.text, "charge": charge} | _decided(found, charge, near, related)


def _decided(
    found: Sequence[Candidate],
    charge: int | None,
    near: Sequence[ClusterRecord],
    related: Iterable[Pair],
    *,
    charge_assumed: bool = False,
) -> dict[str, Any]:
    """Status, record, reason and candidates of what nothing but perhaps the charge contradicts."""
    contradicted = [candidate for candidate in found if _charge_differs(charge, candidate.record)]
    fitting = [candidate for candidate in found if candidate not in contradicted]
    if charge_assumed and not fitting:
        # An assumption rules nothing out: the counter-ions may have been left out of the model of the crystal.
        fitting, contradicted = contradicted, []
    exact = [candidate for candidate in fitting if not candidate.unknown]
    chosen = exact or fitting
    status, reason = _verdict(chosen, exact, contradicted, near, related)
    return {
        "status": status,
        "record": chosen[0].record.id if status == "matched" else None,
        "reason": reason,
        "candidates": [candidate.to_dict() for candidate in (*chosen, *(c for c in fitting if c not in chosen))],
    }


def _verdict(
    chosen: Sequence[Candidate],
    exact: Sequence[Candidate],
    contradicted: Sequence[Candidate],
    near: Sequence[ClusterRecord],
    related: Iterable[Pair],
) -> tuple[Status, str]:
    isomers = _unmeasured_isomers(chosen, {record.id for record in near}, list(related))
    names = [candidate.record.id for candidate in chosen] + [f"{name}, which has no row" for name in isomers]
    if len(names) > 1:
        open_points = sorted({point for candidate in chosen for point in candidate.unknown})
        why = f"not known: {'; '.join(open_points)}" if open_points else "one formula and charge"
        return "ambiguous", f"{len(names)} compounds fit ({'; '.join(names)}); {why}. Choose by kernel and medium."
    if chosen:
        if exact:
            return "matched", f"{'; '.join(chosen[0].agrees)}."
        return "possible", f"{'; '.join(chosen[0].agrees)}; not known: {'; '.join(chosen[0].unknown)}."
    if contradicted:
        charges = ", ".join(f"{c.record.id} ({c.record.composition.charge:+d})" for c in contradicted)
        return "unmatched", f"the same composition in other charge states only: {charges}."
    if near:
        some = ", ".join(record.id for record in near[:4]) + (" ..." if len(near) > 4 else "")
        return "unmatched", f"records with these metals have other ligands, or none stated: {some}."
    return "unmatched", "no record has these metals."


def _compare(anatomy: Anatomy, record: ClusterRecord, charge_assumed: bool) -> Candidate | None:
    """What agrees and what is unknown; None if the ligands contradict each other. The metals agree already."""
    cluster, composition = anatomy.cluster, record.composition
    if not composition.complete:
        return None
    agrees, unknown = ["metals"], _doubts(record)
    elements = composition.elements
    if elements is not None and _heavy(elements) != _heavy(cluster.composition):
        return None
    if elements is not None:
        missing = elements.get("H", 0) - cluster.composition.get("H", 0)
        isomers = check_isomers(anatomy, composition.ligands, hydrogen=not missing)
        if isomers is None:
            return None
        unknown += isomers
        lacking = f", {abs(missing)} hydrogen atoms {'missing' if missing > 0 else 'too many'}" if missing else ""
        agrees.append(f"ligands by their atoms{lacking}")
    elif _same_classes(anatomy.ligands, composition.ligands):
        agrees.append("numbers of ligands of each class")
        unknown.append("which ligand, as the record names a class")
    else:
        return None
    if composition.charge is None or cluster.charge is None:
        unknown.append("charge of the " + ("record" if composition.charge is None else "structure"))
    elif charge_assumed:
        unknown.append("charge of the structure, taken as 0 because no counter-ion was found")
    elif composition.charge == cluster.charge:
        agrees.append(f"charge {cluster.charge:+d}")
    return Candidate(record, tuple(agrees), tuple(unknown))


def _compare_formula(formula: ClusterFormula, charge: int | None, record: ClusterRecord) -> Candidate | None:
    """As `_compare`, with the names of the ligands in place of their atoms."""
    composition = record.composition
    stated = {name: n for name, n in composition.ligands.items() if n is not None}
    if not composition.complete or not formula.ligands:
        return None
    agrees, unknown = ["metals"], _doubts(record)
    if stated == formula.ligands:
        agrees.append("ligands")
    elif same_ligands(stated, formula.ligands):
        agrees.append("numbers of ligands of each class")
        unknown.append("which ligand, as one of the two names a class")
    else:
        return None
    remark = composition.formula.remark if composition.formula is not None else ""
    # Words in brackets are the name that a paper gives the compound; others say what was done to it.
    if remark and not (remark.startswith("(") and remark.endswith(")")):
        unknown.append(f"whether it is the one the record calls {remark}")
    if composition.charge is None or charge is None:
        unknown.append("charge of the " + ("record" if composition.charge is None else "formula"))
    elif composition.charge == charge:
        agrees.append(f"charge {charge:+d}")
    return Candidate(record, tuple(agrees), tuple(unknown))


def _doubts(record: ClusterRecord) -> list[str]:
    suspect = all("SUSPECT_COMPOSITION" in measurement.flags for measurement in record.measurements)
    return ["whether the record has the composition it claims"] if suspect else []


def _charge_differs(charge: int | None, record: ClusterRecord) -> bool:
    return None not in (charge, record.composition.charge) and charge != record.composition.charge


def _heavy(counts: Mapping[str, int]) -> dict[str, int]:
    return {element: n for element, n in counts.items() if element != "H"}


def _same_classes(found: Sequence[Ligand], stated: Mapping[str, int | None]) -> bool:
    """Named ligands by their atoms, classes by their kind; nothing may be left over on either side."""
    pool = Counter((skeleton_formula(ligand.formula), ligand.kind) for ligand in found)
    for name, n in sorted(stated.items(), key=lambda item: LIGANDS[item[0]].is_class):
        ligand, left = LIGANDS[name], n or 0
        for skeleton, kind in list(pool):
            if ligand.formula is not None:
                fits = skeleton == skeleton_formula(ligand.formula)
            else:
                fits = kind == _STRUCTURE_KINDS.get(ligand.kind, ligand.kind)
            taken = min(left, pool[skeleton, kind]) if fits else 0
            pool[skeleton, kind] -= taken
            left -= taken
        if left:
            return False
    return not pool.total()


def _unmeasured_isomers(chosen: Sequence[Candidate], listed: set[str], related: Sequence[Pair]) -> list[str]:
    """Isomers of the records that the pairs name and that have no row; those of another composition are none."""
    records = {candidate.record.id: candidate.record for candidate in chosen}
    names = []
    for pair in related:
        for here, other in ((pair.a, pair.b), (pair.b, pair.a)):
            if pair.kind == "isomer" and here in records and other not in listed:
                composition = composition_from_identifier(other)
                if composition is None or kind_of(records[here].composition, composition)[0] == "isomer":
                    names.append(other)
    return names
