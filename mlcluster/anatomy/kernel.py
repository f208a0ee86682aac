"""Centred polyhedra in a metal core: icosahedra, their fusion, and the twist of a rod."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from mlcluster.geometry.bonds import bond_limits
from mlcluster.geometry.shapes import centred_polyhedra, shape_measure, shape_measures
from mlcluster.structure.cluster import Cluster

if TYPE_CHECKING:
    from mlcluster.anatomy.anatomy import Anatomy

LARGEST_MEASURE = 3.0
"""Shape measure up to which a centred core is called by a name; ideal icosahedron and cuboctahedron are 5.3 apart."""

STRETCHED = 1.2
"""A metal inside counts neighbours up to this many times the longest bond: 3.96 angstrom for gold, before the second
shell of an fcc metal at 4.08 angstrom. Calculated kernels are wide, those at 300 K uneven besides."""

ALIKE = 9.0
"""Degrees up to which a rod counts as eclipsed or staggered: a quarter of the way from one to the other, and six
times the scatter that 0.1 angstrom of noise in the coordinates of two pentagons makes."""

FUSION = {1: "vertex-sharing", 2: "edge-sharing", 3: "face-sharing"}


@dataclass(frozen=True)
class Polyhedron:
    """A metal atom with its 11 or 12 metal neighbours.

    Parameters
    ----------
    centre, neighbours
        Atom indices.
    name
        Nearest ideal polyhedron.
    measure
        Continuous shape measure against it (0 is perfect), and `runner_up`, the measure of the next nearest.
    lacks
        1 where one vertex is missing.
    """

    centre: int
    neighbours: tuple[int, ...]
    name: str
    measure: float
    runner_up: float
    lacks: int


@dataclass(frozen=True)
class Rod:
    """Two icosahedra on one axis.

    Parameters
    ----------
    sharing
        ``"vertex-sharing"`` ...; ``"vacancy"`` where the shared vertex is missing.
    twist
        Angle in degrees between the facing pentagons, modulo their fivefold symmetry, -36 to 36.
    helical_sense
        ``"P"`` or ``"M"`` (right- or left-handed screw), None within 1 degree of the achiral 0 and 36.
    """

    sharing: str
    twist: float
    helical_sense: str | None

    @property
    def arrangement(self) -> str:
        """How the ends stand to each other, in a word.

        >>> [Rod("vertex-sharing", twist, None).arrangement for twist in (3.0, -18.0, 34.0)]
        ['eclipsed', 'twisted', 'staggered']
        """
        away = abs(self.twist)
        return "eclipsed" if away <= ALIKE else "staggered" if away >= 36.0 - ALIKE else "twisted"


def centred_cores(anatomy: Anatomy) -> tuple[Polyhedron, ...]:
    """Every metal with 11 or 12 metal neighbours whose shape has a name, in the order of the atoms.

    Neighbours are bonded ones, and for a metal inside, bonded to nothing else, also those within `STRETCHED` times the
    longest bond: calculated kernels are a little too wide.
    """
    positions = anatomy.cluster.positions
    centres, around, lacking = _surroundings(anatomy)
    measures = shape_measures(positions[np.column_stack([centres, around])])
    names = list(measures)
    ranked = np.array([measures[name] for name in names])
    order = ranked.argsort(axis=0)
    found = [
        Polyhedron(centre, tuple(sorted(around[k].tolist())), names[a], float(ranked[a, k]), float(ranked[b, k]), 0)
        for k, (centre, a, b) in enumerate(zip(centres.tolist(), order[0], order[1], strict=True))
    ]
    found += [_lacking_one(positions, centre, neighbours) for centre, neighbours in lacking]
    return tuple(sorted((core for core in found if core.measure <= LARGEST_MEASURE), key=lambda core: core.centre))


def _surroundings(
    anatomy: Anatomy,
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[tuple[int, NDArray[np.int64]]]]:
    """Metals with twelve neighbours (K,), these neighbours (K, 12), and metals with eleven and theirs."""
    cluster, bonds, metal = anatomy.cluster, anatomy.bonds, anatomy.metal
    index = np.flatnonzero(metal)
    longest = bond_limits()[np.ix_(cluster.numbers[index], cluster.numbers[index])]
    if len(index) < 12:
        return index[:0], np.zeros((0, 12), dtype=np.int64), []
    distance = squareform(pdist(cluster.positions[index])) / longest
    np.fill_diagonal(distance, np.inf)
    inside = np.bincount(bonds.first[~metal[bonds.second]], minlength=len(cluster))[index] == 0
    nearest = np.argsort(distance, axis=1)[:, :12]
    sorted_distance = np.take_along_axis(distance, nearest, axis=1)
    bonded = (distance < 1.0).sum(axis=1)
    full = (bonded >= 12) | inside & (sorted_distance[:, -1] < STRETCHED)
    eleven = [(int(index[k]), index[nearest[k, :11]]) for k in np.flatnonzero(~full & (bonded == 11))]
    return index[full], index[nearest[full]], eleven


def _lacking_one(positions: NDArray[np.float64], centre: int, neighbours: NDArray[np.int64]) -> Polyhedron:
    points = positions[[centre, *neighbours]]
    ranked = sorted((shape_measure(points, ideal), name) for name, ideal in centred_polyhedra().items())
    return Polyhedron(centre, tuple(sorted(neighbours.tolist())), ranked[0][1], ranked[0][0], ranked[1][0], 1)


def fused_icosahedra(cores: Sequence[Polyhedron]) -> list[Polyhedron]:
    """The largest set of icosahedra none of whose centres is a vertex of another; the most regular of equal sets."""
    candidates = [core for core in cores if core.name == "icosahedron"]
    if len(candidates) > 12:
        return []
    for size in range(len(candidates), 0, -1):
        sets = [
            group
            for group in combinations(candidates, size)
            if not any(a.centre in b.neighbours for a in group for b in group)
        ]
        if sets:
            return list(min(sets, key=lambda group: sum(core.measure for core in group)))
    return []


def kernel_name(anatomy: Anatomy) -> str | None:
    """What the core is called: ``"icosahedron"``, ``"vertex-sharing bi-icosahedron"``, ``"4 cuboctahedra"`` ...

    Only polyhedra that hold at least half of the metals name the whole.
    """
    cores, fused = anatomy.cores, fused_icosahedra(anatomy.cores)
    named = fused or cores
    held = set().union(*(_members(core) for core in named)) if named else set()
    if len(held) < 0.5 * int(anatomy.metal.sum()) or len(fused) > 3:
        return None
    if not fused:
        names = sorted({core.name for core in cores})
        if len(names) != 1:
            return None
        return names[0] if len(cores) == 1 else f"{len(cores)} {names[0].removesuffix('on')}a"
    if len(fused) == 1:
        return "icosahedron" + (" lacking one vertex" if fused[0].lacks else "")
    shared = {len(_members(a) & _members(b)) for a, b in combinations(fused, 2)}
    if len(fused) == 2 and shared == {0}:
        return "bi-icosahedron lacking the shared vertex" if _vacancy(anatomy.cluster, *fused) else None
    kinds = sorted({FUSION.get(n, "interpenetrating") for n in shared if n})
    return f"{' and '.join(kinds)} {'bi' if len(fused) == 2 else 'tri'}-icosahedron"


def _vacancy(cluster: Cluster, a: Polyhedron, b: Polyhedron) -> bool:
    """Whether two icosahedra that share no atom each lack the vertex in the middle between their centres."""
    if not (a.lacks and b.lacks):
        return False
    apart = np.linalg.norm(cluster.positions[a.centre] - cluster.positions[b.centre])
    radius = np.mean(
        [
            np.linalg.norm(cluster.positions[list(core.neighbours)] - cluster.positions[core.centre], axis=1).mean()
            for core in (a, b)
        ]
    )
    return bool(abs(apart - 2 * radius) < 0.15 * radius)


def _members(core: Polyhedron) -> set[int]:
    return {core.centre, *core.neighbours}


def rod_of(anatomy: Anatomy) -> Rod | None:
    """Twist of a bi-icosahedral rod, or None if the cluster is none."""
    cluster, fused = anatomy.cluster, fused_icosahedra(anatomy.cores)
    if len(fused) != 2:
        return None
    a, b = fused
    shared = _members(a) & _members(b)
    if len(shared) > 1 or not shared and not _vacancy(cluster, a, b):
        return None
    axis = cluster.positions[b.centre] - cluster.positions[a.centre]
    length = float(np.linalg.norm(axis))
    rings = [_facing(cluster.positions, core, other, shared) for core, other in ((a, b), (b, a))]
    phases = [_phase(cluster.positions[ring] - cluster.positions[a.centre], axis / length) for ring in rings]
    twist = float((phases[1] - phases[0] + 36.0) % 72.0 - 36.0)
    if abs(twist) < 1.0 or abs(twist) > 35.0:
        return Rod(FUSION[1] if shared else "vacancy", abs(twist), None)
    return Rod(FUSION[1] if shared else "vacancy", twist, "P" if twist > 0 else "M")


def _facing(positions: NDArray[np.float64], core: Polyhedron, other: Polyhedron, shared: set[int]) -> list[int]:
    """The five vertices of one icosahedron nearest to the centre of the other, the shared one left out."""
    vertices = [v for v in core.neighbours if v not in shared]
    distance = np.linalg.norm(positions[vertices] - positions[other.centre], axis=1)
    return [vertices[k] for k in np.argsort(distance)[:5]]


def _phase(points: NDArray[np.float64], axis: NDArray[np.float64]) -> float:
    """Azimuth in degrees of a pentagon about an axis, modulo 72; right-handed about the axis."""
    side = np.cross(axis, [1.0, 0, 0] if abs(axis[0]) < 0.8 else [0, 1.0, 0])
    side /= np.linalg.norm(side)
    angle = np.arctan2(points @ np.cross(axis, side), points @ side)
    return float(np.degrees(np.angle(np.exp(5j * angle).sum()))) / 5.0


def bridging_modes(anatomy: Anatomy, elements: frozenset[int]) -> dict[int, int]:
    """How many lone atoms of `elements` bind one, two, three ... metals.

    Examples
    --------
    The E isomer of [Au13Ag12(PPh3)10Cl8]+ gives ``{1: 2, 2: 5, 4: 1}`` for chlorine.
    """
    cluster, bonds, metal = anatomy.cluster, anatomy.bonds, anatomy.metal
    to_metal = np.bincount(bonds.first[metal[bonds.second]], minlength=len(cluster))
    to_other = np.bincount(bonds.first[~metal[bonds.second]], minlength=len(cluster))
    mine = np.isin(cluster.numbers, list(elements)) & (to_other == 0) & (to_metal > 0)
    modes, counts = np.unique(to_metal[mine], return_counts=True)
    return {int(mode): int(count) for mode, count in zip(modes, counts, strict=True)}
