"""What kind of isomers two clusters of one composition are."""

from __future__ import annotations

from mlcluster.anatomy.kernel import centred_cores, kernel_name, rod_of
from mlcluster.match.alignment import align
from mlcluster.match.core_graph import Core
from mlcluster.match.cores import CoreMatch
from mlcluster.match.differences import CoreDifferences

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


def isomer_kind(match: CoreMatch, differences: CoreDifferences) -> tuple[str, str]:
    """Kind of isomerism and the reason, from the inside out: the first difference met names it.

    ``kernel``: other metal framework. ``rotamer``: the ends of a rod, or the ligands, are turned. ``metal positions``:
    the elements have changed places. ``staple``: the donors bind other metals. ``mirror image``: cores of opposite
    hand. ``distortion``: the same bonds with no ligand that could turn, atoms a little apart.
    """
    a, b = match.core_a, match.core_b
    cores = [centred_cores(core.cluster, core.bonds) for core in (a, b)]
    names = [kernel_name(core.cluster, found) for core, found in zip((a, b), cores, strict=True)]
    rods = [rod_of(core.cluster, found) for core, found in zip((a, b), cores, strict=True)]
    if rods[0] is not None and rods[1] is not None and names[0] == names[1]:
        turn = abs(abs(rods[1].twist) - abs(rods[0].twist))
        if turn >= TURN:
            return "rotamer", f"the two halves of the {names[0]} are turned against each other by {turn:.1f} degrees"
    if names[0] != names[1]:
        return "kernel", f"the kernel of A is {names[0] or 'without a name'}, that of B {names[1] or 'without a name'}"
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
