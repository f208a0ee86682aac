"""How two clusters are related, in one word, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.geometry.superposition import congruence
from mlcluster.match.cores import CoreMatch
from mlcluster.match.differences import CoreDifferences
from mlcluster.match.isomers import isomer_kind
from mlcluster.structure.cluster import Cluster

SAME_GEOMETRY = 0.05
"""Largest deviation of any atom (angstrom) between two copies of one structure."""

SAME_FRAMEWORK = 1.0
"""Largest RMSD (angstrom) of matched metals on one framework: a rod turned by its full 36 degrees stays below."""

ALMOST_ALL = 0.8
"""Share of the metals that two related cores have in common at least."""


@dataclass(frozen=True)
class Relation:
    """How two clusters are related.

    Parameters
    ----------
    word
        One of ``identical``, ``mirror image``, ``charge state``, ``isomer``, ``doping``, ``ligand exchange``,
        ``defect``, ``related`` and ``unrelated``.
    kind
        Of isomers: ``kernel``, ``metal positions``, ``staple``, ``rotamer``, ``mirror image`` or
        ``distortion``; empty otherwise.
    reason
        A sentence.
    """

    word: str
    kind: str
    reason: str


def relation_between(
    a: Cluster, b: Cluster, match: CoreMatch | None, differences: CoreDifferences | None = None
) -> Relation:
    """Relation of two clusters and the reason for it.

    Parameters
    ----------
    match, differences
        Of their cores; both None for a cluster without metals.
    """
    if a.composition == b.composition:
        return _same_composition(a, b, match, differences)
    if match is None:
        return Relation("unrelated", "", "They differ in composition and have no metal cores to match.")
    return Relation(*_other_composition(a, b, match))


def _other_composition(a: Cluster, b: Cluster, match: CoreMatch) -> tuple[str, str, str]:
    metals_a, metals_b = _metals(a), _metals(b)
    total_a, total_b = metals_a.total(), metals_b.total()
    ligands_a, ligands_b = (Counter(core.names) for core in (match.core_a, match.core_b))
    whole = len(match.pairs) == min(total_a, total_b) and match.rmsd <= SAME_FRAMEWORK
    ligand_gain = _gain(ligands_a, ligands_b)
    if total_a == total_b and whole:
        if metals_a != metals_b and ligands_a == ligands_b:
            return "doping", "", f"Same framework and ligands, {_gain(metals_a, metals_b)}."
        if metals_a == metals_b and (ligands_a <= ligands_b or ligands_b <= ligands_a):
            return "defect", "", f"Same metals on one framework, {ligand_gain}."
        if metals_a == metals_b:
            return "ligand exchange", "", f"Same metals on one framework, {ligand_gain}."
        return "related", "", f"One framework, {_gain(metals_a, metals_b)} and {ligand_gain}."
    moved = (ligands_a - ligands_b).total() + (ligands_b - ligands_a).total()
    if abs(total_a - total_b) == 1 and whole and moved <= 1:
        gained = _gain(metals_a + ligands_a, metals_b + ligands_b)
        return "defect", "", f"One metal site of the same framework differs: {gained}."
    if match.rmsd <= SAME_FRAMEWORK and match.metal_share >= ALMOST_ALL:
        return "related", "", f"Their cores share {len(match.pairs)} of {max(total_a, total_b)} metals."
    within = f" within {match.rmsd:.2f} angstrom" if len(match.pairs) else ""
    return "unrelated", "", f"Of {max(total_a, total_b)} metals {len(match.pairs)} match{within}."


def _same_composition(a: Cluster, b: Cluster, match: CoreMatch | None, differences: CoreDifferences | None) -> Relation:
    def same(improper: bool) -> bool:
        found = congruence(a.numbers, a.positions, b.numbers, b.positions, improper=improper, tolerance=SAME_GEOMETRY)
        return found is not None

    if a.charge is not None and b.charge is not None and a.charge != b.charge:
        return Relation("charge state", "", f"Same composition, charge {a.charge:+d} against {b.charge:+d}.")
    if same(False):
        return Relation("identical", "", f"Every atom coincides within {SAME_GEOMETRY} angstrom.")
    if same(True):
        reason = f"Every atom coincides within {SAME_GEOMETRY} angstrom after a reflection."
        return Relation("mirror image", "", reason)
    if match is None or differences is None:
        return Relation("isomer", "", "Same composition, different arrangement.")
    kind, reason = isomer_kind(match, differences)
    return Relation("isomer", kind, f"Same composition, different arrangement ({kind}): {reason}.")


def _metals(cluster: Cluster) -> Counter[str]:
    return Counter(SYMBOLS[z] for z in cluster.numbers[is_metal(cluster.numbers)].tolist())


def _gain(a: Counter[str], b: Counter[str]) -> str:
    gained, lost = b - a, a - b
    parts = []
    if gained:
        parts.append("B has " + " and ".join(f"{n} {what}" for what, n in sorted(gained.items())) + " more")
    if lost:
        parts.append(
            ("" if gained else "B has ") + " and ".join(f"{n} {w}" for w, n in sorted(lost.items())) + " fewer"
        )
    return ", ".join(parts) or "no part differs in number"
