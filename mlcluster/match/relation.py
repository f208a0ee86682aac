"""How two clusters are related, in one word, and why."""

from __future__ import annotations

from collections import Counter

from mlcluster.anatomy.ligands import find_ligands
from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.geometry.superposition import congruence
from mlcluster.match.cores import CoreMatch
from mlcluster.structure.cluster import Cluster

SAME_GEOMETRY = 0.05
"""Largest deviation of any atom (angstrom) between two copies of one structure."""

SAME_FRAMEWORK = 1.0
"""Largest RMSD (angstrom) of matched metals on one framework: a rod turned by its full 36 degrees stays below."""


def relation_between(a: Cluster, b: Cluster, match: CoreMatch | None) -> tuple[str, str]:
    """Relation word and the sentence that gives the reason.

    One of ``identical``, ``mirror image``, ``charge state``, ``isomer``, ``doping``, ``ligand exchange``, ``defect``,
    ``related`` and ``unrelated``.
    """
    if a.composition == b.composition:
        return _same_composition(a, b)
    if match is None:
        return "unrelated", "They differ in composition and have no metal cores to match."
    metals_a, metals_b = _metals(a), _metals(b)
    total_a, total_b = metals_a.total(), metals_b.total()
    framework = match.rmsd <= SAME_FRAMEWORK
    ligands_a, ligands_b = _ligands(a), _ligands(b)
    if total_a == total_b and framework:
        if metals_a != metals_b and ligands_a == ligands_b:
            return "doping", f"Same framework and ligands, {_gain(metals_a, metals_b)}."
        if metals_a == metals_b:
            return "ligand exchange", f"Same metals on one framework, {_gain(ligands_a, ligands_b)}."
        return "related", f"One framework, {_gain(metals_a, metals_b)} and {_gain(ligands_a, ligands_b)}."
    if abs(total_a - total_b) == 1 and framework:
        change = (ligands_a - ligands_b).total() + (ligands_b - ligands_a).total()
        if change <= 1:
            ligand = f" and {_gain(ligands_a, ligands_b)}" if change else ""
            return "defect", f"One metal site of the same framework differs: {_gain(metals_a, metals_b)}{ligand}."
    if framework and len(match.pairs) >= 0.8 * max(total_a, total_b):
        return "related", f"Their cores share {len(match.pairs)} of {max(total_a, total_b)} metals."
    return "unrelated", f"Of {max(total_a, total_b)} metals {len(match.pairs)} match within {match.rmsd:.2f} angstrom."


def _same_composition(a: Cluster, b: Cluster) -> tuple[str, str]:
    def same(improper: bool) -> bool:
        found = congruence(a.numbers, a.positions, b.numbers, b.positions, improper=improper, tolerance=SAME_GEOMETRY)
        return found is not None

    geometry = "identical" if same(False) else "mirror image" if same(True) else None
    if a.charge is not None and b.charge is not None and a.charge != b.charge:
        return "charge state", f"Same composition, charge {a.charge:+d} against {b.charge:+d}."
    if geometry == "identical":
        return geometry, f"Every atom coincides within {SAME_GEOMETRY} angstrom."
    if geometry == "mirror image":
        return geometry, f"Every atom coincides within {SAME_GEOMETRY} angstrom after a reflection."
    return "isomer", "Same composition, different arrangement."


def _metals(cluster: Cluster) -> Counter[str]:
    return Counter(SYMBOLS[z] for z in cluster.numbers[is_metal(cluster.numbers)].tolist())


def _ligands(cluster: Cluster) -> Counter[str]:
    return Counter(ligand.formula for ligand in find_ligands(cluster))


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
