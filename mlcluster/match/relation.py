"""How two clusters are related, in one word, what kind of isomers they are, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mlcluster.anatomy.kernel import kernel_name, rod_of
from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.geometry.superposition import congruence
from mlcluster.match.alignment import Core, align
from mlcluster.match.cores import CoreMatch
from mlcluster.match.differences import CoreDifferences
from mlcluster.structure.cluster import Cluster

SAME_GEOMETRY = 0.05
"""Largest deviation of any atom (angstrom) between two copies of one structure."""

SAME_FRAMEWORK = 1.0
"""Largest RMSD (angstrom) of matched metals on one framework: a rod turned by its full 36 degrees stays below."""

ALMOST_ALL = 0.8
"""Share of the metals that two related cores have in common at least."""

TURN = 5.0
"""Smallest difference of twist (degrees) that makes rotamers of two rods: crystals of one rod differ by 1 to 2."""
KERNEL_BONDS = 0.10
"""Share of broken metal-metal bonds from which the kernels count as different."""
KERNEL_RMSD = 0.6
"""RMSD of matched metals (angstrom) from which the kernels count as different."""
STAPLE_BONDS = 0.02
"""Share of broken metal-donor bonds from which the shells of staples count as different."""
MIRROR_FACTOR = 4.0
"""How much better (in cost) the match with a reflection has to be before two cores count as mirror images."""


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
    ligands_a, ligands_b = (Counter(core.anatomy.ligand_names) for core in (match.core_a, match.core_b))
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


def isomer_kind(match: CoreMatch, differences: CoreDifferences) -> tuple[str, str]:
    """Kind of isomerism and the reason, from the inside out: the first difference met names it.

    ``kernel``: other metal framework. ``rotamer``: the ends of a rod, or the ligands, are turned. ``metal positions``:
    the elements have changed places. ``staple``: the donors bind other metals. ``mirror image``: cores of opposite
    hand. ``distortion``: the same bonds with no ligand that could turn, atoms a little apart.
    """
    a, b = match.core_a, match.core_b
    names = [kernel_name(core.anatomy) for core in (a, b)]
    rods = [rod_of(core.anatomy) for core in (a, b)]
    if rods[0] is not None and rods[1] is not None and names[0] == names[1]:
        turn = abs(abs(rods[1].twist) - abs(rods[0].twist))
        if turn >= TURN:
            return "rotamer", f"the two halves of the {names[0]} are turned against each other by {turn:.1f} degrees"
    if names[0] != names[1]:
        return "kernel", f"kernel of A: {names[0] or 'without a name'}; of B: {names[1] or 'without a name'}"
    if len(match.only_a) or len(match.only_b):
        return "kernel", f"{len(match.only_a)} metals of A have no partner in B"
    if differences.metal_bonds_broken > KERNEL_BONDS:
        return "kernel", f"{differences.metal_bonds_broken:.0%} of the metal-metal bonds of one are broken in the other"
    if match.rmsd > KERNEL_RMSD:
        return "kernel", f"the metals lie {match.rmsd:.2f} angstrom apart"
    if differences.exchanged:
        return "metal positions", f"{len(differences.exchanged)} sites of one framework hold other elements"
    if len(match.donors_only_a) or differences.donor_bonds_broken > STAPLE_BONDS:
        share = f"{differences.donor_bonds_broken:.0%} of the metal-donor bonds of one are broken in the other"
        alone = f"{len(match.donors_only_a)} donors have no partner" if len(match.donors_only_a) else ""
        return "staple", "same kernel, but " + " and ".join(filter(None, (alone, share)))
    bare = len(a.atoms) == len(a.cluster.numbers)
    if _opposite_hand(a, b):
        rest = f"within {match.rmsd:.2f} angstrom" if bare else "the ligands arranged differently"
        return "mirror image", f"the cores are mirror images of each other, {rest}"
    if bare:
        donors = "" if match.donor_rmsd is None else f", the donors {match.donor_rmsd:.2f}"
        return "distortion", f"the same bonds, but the metals lie {match.rmsd:.2f}{donors} angstrom apart"
    return "rotamer", "same kernel and staples, the ligands are turned"


def _opposite_hand(a: Core, b: Core) -> bool:
    turned, reflected = align(a, b, improper=False), align(a, b, improper=True)
    return turned.cost > MIRROR_FACTOR * reflected.cost + 1e-3


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
