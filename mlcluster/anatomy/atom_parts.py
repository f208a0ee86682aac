"""Which part of a cluster each atom is: kernel, surface, staple, ligand, bridging halide, hydride, interstitial."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.staple_motifs import Staple, find_staples
from mlcluster.chem.elements import HALOGENS, NUMBERS

if TYPE_CHECKING:
    from mlcluster.anatomy.anatomy import Anatomy

PARTS = (
    "kernel metal",
    "surface metal",
    "staple",
    "ligand donor",
    "ligand body",
    "bridging halide",
    "hydride",
    "interstitial",
    "ion or solvent",
)
"""Every part, in the order in which they are reported."""

FEW_CONTACTS = 3
"""A metal with at most this many kernel neighbours caps a face ..."""
MANY_DONORS = 3
"""... and is no part of the polyhedron it sits on if it holds at least this many donors, as the silver corners of
Ag14(SR)12(PR3)8 do. Kernel metals of gold clusters hold one or two."""
OFF_CENTRE = 0.35
"""Largest length of the mean unit vector from an atom to its metals at which they enclose it: 0 at the centre of any
regular polyhedron, 0.58 above three metals of a regular tetrahedron."""


@dataclass(frozen=True)
class Parts:
    """Parts of one cluster.

    Parameters
    ----------
    labels
        One of `PARTS` for each atom.
    staples
        Staple motifs, largest first, and behind them bridging thiolates that are in none.
    on_lattice
        Chains of linear metals that stand on sites of an fcc kernel: counted as kernel metals and bridges above, as
        staples by some authors.
    """

    labels: tuple[str, ...]
    staples: tuple[Staple, ...]
    on_lattice: tuple[Staple, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Atoms of each part that there is."""
        found = Counter(self.labels)
        return {part: found[part] for part in PARTS if found[part]}

    def atoms(self, part: str) -> NDArray[np.int64]:
        """Indices of the atoms of one part."""
        return np.flatnonzero(np.array(self.labels) == part)


def assign_parts(anatomy: Anatomy) -> Parts:
    """The part each atom belongs to, and the staples.

    Metals that are in no staple make the kernel, those on its surface included, as published counts do ("Au17 kernel").
    A surface metal holds three or more donors and caps at most a face of the kernel.
    The metals and donors of a staple carry the label ``"staple"``, the rest of its ligands ``"ligand body"``.

    Examples
    --------
    The metals of [Au25(SR)18]- are 13 of the kernel and 12 in six staples Au2(SR)3.
    """
    staples, on_lattice = find_staples(anatomy)
    labels = np.full(len(anatomy.cluster), PARTS.index("ion or solvent"))
    labels[anatomy.metal] = PARTS.index("kernel metal")
    for ligand in anatomy.ligands:
        labels[list(ligand.atoms)] = PARTS.index("ligand body")
        labels[list(ligand.donors)] = PARTS.index("ligand donor")
        if len(ligand.atoms) == 1:
            labels[ligand.atoms[0]] = PARTS.index(_lone(anatomy, ligand.atoms[0]))
    for staple in staples:
        if staple.metals:
            labels[list(staple.atoms)] = PARTS.index("staple")
    kernel = labels == PARTS.index("kernel metal")
    labels[_caps(anatomy, kernel)] = PARTS.index("surface metal")
    return Parts(tuple(PARTS[k] for k in labels.tolist()), tuple(staples), tuple(on_lattice))


def _lone(anatomy: Anatomy, atom: int) -> str:
    """Part of a ligand that is a single atom."""
    cluster, bonds = anatomy.cluster, anatomy.bonds
    element = int(cluster.numbers[atom])
    metals = bonds.second[bonds.first == atom]
    if element == NUMBERS["H"]:
        return "hydride"
    arms = cluster.positions[metals] - cluster.positions[atom]
    arms /= np.linalg.norm(arms, axis=1, keepdims=True)
    if len(metals) >= 4 and np.linalg.norm(arms.mean(axis=0)) < OFF_CENTRE:
        return "interstitial"
    return "bridging halide" if element in HALOGENS and len(metals) > 1 else "ligand donor"


def _caps(anatomy: Anatomy, kernel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Kernel metals that only cap it: in no polyhedron and on at most a face; none where nothing would be left."""
    bonds, size = anatomy.bonds, len(kernel)
    donor = np.zeros(size, dtype=bool)
    donor[[atom for ligand in anatomy.ligands for atom in ligand.donors]] = True
    donors = np.bincount(bonds.first[donor[bonds.second]], minlength=size)
    contacts = np.bincount(bonds.first[kernel[bonds.second]], minlength=size)
    caps = kernel & (donors >= MANY_DONORS) & (contacts <= FEW_CONTACTS)
    caps[[vertex for core in anatomy.cores for vertex in core.neighbours]] = False
    return caps if (kernel & ~caps).any() else np.zeros_like(caps)
