"""Staple motifs: chains, rings and bridges of thiolates and the metals that they hold off the kernel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.anatomy.kernel import Polyhedron
from mlcluster.chem.elements import SYMBOLS
from mlcluster.structure.cluster import Cluster

if TYPE_CHECKING:
    from mlcluster.anatomy.anatomy import Anatomy

LINEAR = 123.0
"""Smallest donor-metal-donor angle of a staple metal, degrees. In 660 calculated and measured clusters staple metals
lie above 126 (gold above 150; silver in large alloys bends), kernel metals with two donors below 121."""
SECOND_SPHERE = 0.25
"""How much longer (angstrom) than the mean of the two shortest a third bond to a donor is when it does not count."""

CLOSE_PACKED = frozenset(("cuboctahedron", "anticuboctahedron"))
"""Polyhedra around an atom of an fcc or hcp lattice."""

_BRIDGES = {
    "thiolate": ("S", "SR"),
    "selenolate": ("Se", "SeR"),
    "tellurolate": ("Te", "TeR"),
    "alkynyl": ("C", "CCR"),
    "bare S": ("S", "S"),
    "bare Se": ("Se", "Se"),
    "bare Te": ("Te", "Te"),
}
"""Kinds of ligand that make staples: the element they bind with, and how they are written in one."""


class Staples(NamedTuple):
    """Staples and bridges of a cluster, and the chains on sites of an fcc kernel, which count as kernel and bridges."""

    staples: list[Staple]
    on_lattice: list[Staple]


@dataclass(frozen=True)
class Staple:
    """One staple, or one bridging thiolate that is in none.

    Parameters
    ----------
    formula
        ``"Au2(SR)3"``, ``"Au8(SR)8 ring"``, ``"mu2-SR"`` ...
    metals, donors
        Indices of its metals (none in a bridge) and donor atoms.
    """

    formula: str
    metals: tuple[int, ...]
    donors: tuple[int, ...]

    @property
    def atoms(self) -> tuple[int, ...]:
        """Metals and donors."""
        return self.metals + self.donors


def find_staples(anatomy: Anatomy) -> Staples:
    """Staples, largest first, then bridges.

    A staple metal holds two thiolates (selenolates, alkynyls ...) opposite each other, or three and nothing else.
    Staple metals that share a donor are in one staple. Where the kernel is fcc, a staple whose metals all stand on
    sites of its lattice is part of the kernel, and its thiolates are bridges: that is how Au36(SR)24 is counted, Au28
    with 4 Au2(SR)3 and 12 mu2-SR (Zeng et al. 2012, 10.1002/anie.201207098), though 16 of its metals are linear.
    """
    cluster, bonds = anatomy.cluster, anatomy.bonds
    names = _bridging_donors(anatomy)
    if not names:
        return Staples([], [])
    arms = _arms(anatomy, names)
    first = np.array([metal for metal, donors in arms.items() for _ in donors], dtype=np.int64)
    second = np.array([donor for donors in arms.values() for donor in donors], dtype=np.int64)
    size = len(cluster)
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(size, size))
    _, group = connected_components(graph, directed=False)
    degree = np.bincount(second, minlength=size)
    members: dict[int, tuple[list[int], list[int]]] = {}
    for metal in arms:
        members.setdefault(int(group[metal]), ([], []))[0].append(metal)
    for donor in sorted(names):
        if int(group[donor]) in members:
            members[int(group[donor])][1].append(donor)
    found = [_staple(cluster, metals, donors, names, degree) for metals, donors in members.values()]
    found.sort(key=lambda staple: (-len(staple.metals), staple.formula))
    sites = _lattice_sites(anatomy.cores)
    on_lattice = [staple for staple in found if sites.issuperset(staple.metals)]
    staples = [staple for staple in found if not sites.issuperset(staple.metals)]
    held = np.bincount(bonds.first[anatomy.metal[bonds.second]], minlength=size)
    loose = sorted(set(names).difference(*(staple.donors for staple in staples)))
    bridges = [Staple(f"mu{held[donor]}-{names[donor]}", (), (donor,)) for donor in loose]
    return Staples(staples + sorted(bridges, key=lambda bridge: bridge.formula), on_lattice)


def _bridging_donors(anatomy: Anatomy) -> dict[int, str]:
    """Donors that can be part of a staple, and how each is written.

    Of an alkynyl only the carbon nearest to a metal counts: the other is bonded by the triple bond.
    """
    bonds, symbols = anatomy.bonds, anatomy.cluster.symbols
    near = np.full(len(symbols), np.inf)
    to_metal = anatomy.metal[bonds.second]
    np.minimum.at(near, bonds.first[to_metal], bonds.distance[to_metal])
    names = {}
    for ligand in anatomy.ligands:
        for kind in ligand.kind.split("+"):
            if kind in _BRIDGES:
                element, written = _BRIDGES[kind]
                donors = [donor for donor in ligand.donors if symbols[donor] == element]
                if element == "C":
                    donors = [min(donors, key=lambda donor: (near[donor], donor))]
                names.update(dict.fromkeys(donors, written))
    return names


def _lattice_sites(cores: Sequence[Polyhedron]) -> set[int]:
    """Vertices of the cuboctahedra of a close-packed kernel; none where it holds another kind of polyhedron.

    Anticuboctahedra are stacking faults of an fcc lattice: they leave it close-packed, but their vertices are no sites.
    """
    if any(core.name not in CLOSE_PACKED for core in cores):
        return set()
    return {vertex for core in cores if core.name == "cuboctahedron" for vertex in core.neighbours}


def _arms(anatomy: Anatomy, names: dict[int, str]) -> dict[int, list[int]]:
    """Donors of each staple metal."""
    cluster, bonds, metal = anatomy.cluster, anatomy.bonds, anatomy.metal
    bridging = np.zeros(len(cluster), dtype=bool)
    bridging[list(names)] = True
    to_bridge = metal[bonds.first] & bridging[bonds.second]
    donors = np.bincount(bonds.first[~metal[bonds.second]], minlength=len(cluster))
    order = np.lexsort((bonds.distance, bonds.first))
    order = order[to_bridge[order]]
    metals, start = np.unique(bonds.first[order], return_index=True)
    arms = {}
    for atom, mine in zip(metals.tolist(), np.split(order, start[1:]), strict=True):
        distance = bonds.distance[mine]
        counts = distance < distance[:2].mean() + SECOND_SPHERE
        counts[:2] = True  # only a third bond can be too long: of two, one may be stretched
        near = bonds.second[mine][counts]
        if len(near) == 2 and _angle(cluster.positions, atom, near) > LINEAR or len(near) == 3 == donors[atom]:
            arms[atom] = near.tolist()
    return arms


def _angle(positions: NDArray[np.float64], centre: int, ends: NDArray[np.int64]) -> float:
    a, b = positions[ends] - positions[centre]
    return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1.0, 1.0))))


def _staple(
    cluster: Cluster, metals: list[int], donors: list[int], names: dict[int, str], degree: NDArray[np.int64]
) -> Staple:
    elements = Counter(SYMBOLS[cluster.numbers[metal]] for metal in metals)
    held = Counter(names[donor] for donor in donors)
    text = "".join(f"{symbol}{_count(n)}" for symbol, n in sorted(elements.items()))
    text += "".join(f"{name}{_count(n)}" for name, n in sorted(held.items()) if name in SYMBOLS)
    text += "".join(f"({name}){_count(n)}" for name, n in sorted(held.items()) if name not in SYMBOLS)
    if len(metals) == len(donors) and (degree[donors] == 2).all():
        text += " ring"
    return Staple(text, tuple(sorted(metals)), tuple(sorted(donors)))


def _count(number: int) -> str:
    return "" if number == 1 else str(number)
