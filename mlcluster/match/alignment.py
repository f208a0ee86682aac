"""The metal-donor cores of two clusters, and one laid on the other: starts from graphs and distances, then refined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from mlcluster.anatomy import Anatomy
from mlcluster.geometry.correspondence import matching_triples, superpose_triples
from mlcluster.structure.cluster import Cluster

METAL_REACH = 1.8
"""Farthest apart (angstrom) that two metals can lie and still be one site: well below a metal-metal bond."""
DONOR_REACH = 2.2
"""The same for donors, which stand farther out and move more when ends turn."""
DONOR_WEIGHT = 0.3
"""Weight of a donor beside a metal in the superposition: the metals decide, donors choose between equals."""
ELEMENT_PENALTY = 0.5
"""Squared angstrom added to the cost of pairing different elements: geometry decides first, element between equals."""
MOST_TRIPLES = 20_000
"""Most starting superpositions of either kind; beyond it they are thinned evenly."""
KEEP = 48
"""Starts refined to the end: more than the 24 proper operations of a cube and its images with a reflection."""
COARSE_ATOMS = 30
"""Metals looked at in the first sieve of the starts."""


@dataclass(frozen=True, eq=False)
class Core:
    """Metals of a cluster and the ligand atoms bonded to them.

    Parameters
    ----------
    anatomy
        Of the cluster.
    atoms
        Indices into the cluster, metals first, (n,).
    n_metals
        How many of them are metals.
    partners
        Bonded atoms of each within the core, as positions in `atoms`.
    """

    anatomy: Anatomy
    atoms: NDArray[np.int64]
    n_metals: int
    partners: tuple[tuple[int, ...], ...]

    @property
    def cluster(self) -> Cluster:
        """The whole cluster."""
        return self.anatomy.cluster

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Atomic numbers, (n,)."""
        return self.cluster.numbers[self.atoms]

    @property
    def positions(self) -> NDArray[np.float64]:
        """Coordinates, (n, 3), angstrom."""
        return self.cluster.positions[self.atoms]


def core_of(anatomy: Anatomy) -> Core:
    """Core of a cluster; one without metals has no atoms."""
    metals = np.flatnonzero(anatomy.metal)
    donors = np.array(sorted(donor for ligand in anatomy.ligands for donor in ligand.donors), dtype=np.int64)
    atoms = np.concatenate([metals, donors])
    place = {int(atom): k for k, atom in enumerate(atoms)}
    partners: list[list[int]] = [[] for _ in atoms]
    for i, j in zip(anatomy.bonds.first.tolist(), anatomy.bonds.second.tolist(), strict=True):
        if i in place and j in place:
            partners[place[i]].append(place[j])
    return Core(anatomy, atoms, len(metals), tuple(map(tuple, partners)))


class Alignment(NamedTuple):
    """Motion of A onto B, ``x @ rotation.T + translation``, and the pairs it makes (positions in the cores, (k, 2))."""

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    pairs: NDArray[np.int64]
    cost: float


def align(a: Core, b: Core, *, improper: bool | None = None) -> Alignment:
    """Best motion of core A onto core B.

    Three metals of A that are rare by their surroundings are laid on every triple of B of the same surroundings
    (exact for any symmetry: every operation maps the anchors onto such a triple), and three far apart on every triple
    of like distances. The most promising starts are refined: each metal and donor takes its nearest free partner of
    its class (assignment), and the motion follows them (superposition). The cost is the weighted mean of the squared
    distances, cut off at the reach of a site.

    Parameters
    ----------
    a, b
        Cores with at least one metal each.
    improper
        True for motions with a reflection only, False for those without, None for the better of both.
    """
    rotations, translations = _starts(a, b)
    if improper is not None:
        fitting = (np.linalg.det(rotations) < 0) == improper
        fitting = fitting if fitting.any() else ~fitting
        rotations, translations = rotations[fitting], translations[fitting]
    best: Alignment | None = None
    for k in _promising(a, b, rotations, translations):
        found = _refine(a, b, rotations[k], translations[k])
        if best is None or round(found.cost, 9) < round(best.cost, 9):
            best = found
    assert best is not None  # the centroids give a start for any two cores
    return best


def _starts(a: Core, b: Core) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = a.positions[: a.n_metals], b.positions[: b.n_metals]
    rotations, translations = [np.eye(3)[None]], [(y.mean(axis=0) - x.mean(axis=0))[None]]
    for anchors, onto in _triples(a, b, x, y):
        for improper in (False, True):
            turned, shifted = superpose_triples(x[anchors], y[onto], improper)
            rotations.append(turned)
            translations.append(shifted)
    return np.concatenate(rotations), np.concatenate(translations)


def _triples(a: Core, b: Core, x: NDArray, y: NDArray) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
    """Anchors in A and the triples of B to lay them on, first by surroundings, then by distances."""
    if min(len(x), len(y)) < 3:
        return
    colours_a, colours_b = _shared_colours(a, b)
    size = np.array([np.sum(colours_b[: b.n_metals] == c) for c in colours_a[: a.n_metals]])
    same = [np.flatnonzero(colours_b[: b.n_metals] == c) for c in colours_a[: a.n_metals]]
    everything = [np.arange(len(y))] * len(x)
    for rarity, pools, slack in ((np.where(size > 0, size, 10**6), same, 1.2), (np.ones(len(x)), everything, 0.6)):
        anchors = _anchors(x, rarity)
        if len(anchors) == 3 and all(len(pools[k]) for k in anchors):
            onto = matching_triples(x[anchors], y, [pools[k] for k in anchors], slack)
            if len(onto):
                yield anchors, onto[:: -(-len(onto) // MOST_TRIPLES)]


def _shared_colours(a: Core, b: Core, share: float = 0.6) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Colours of the atoms of two cores: equal colours mean equal surroundings.

    Colours start from metal or donor, element-blind, and are refined by those of the partners (Weisfeiler & Leman
    1968) as long as at least `share` of the metals of either core find their colour in the other: near a defect the
    surroundings differ, farther away they need not.

    Returns
    -------
    tuple[NDArray[np.int64], NDArray[np.int64]]
        One colour per atom for A and for B, (n_a,) and (n_b,).
    """
    colours = [[int(k < core.n_metals) for k in range(len(core.atoms))] for core in (a, b)]
    while True:
        names: dict[tuple, int] = {}
        finer = []
        for core, old in zip((a, b), colours, strict=True):
            keys = [(old[k], *sorted(old[p] for p in core.partners[k])) for k in range(len(old))]
            finer.append([names.setdefault(key, len(names)) for key in keys])
        counts = [Counter(new[: core.n_metals]) for core, new in zip((a, b), finer, strict=True)]
        common = (counts[0] & counts[1]).total()
        grown = len(names) > len({*colours[0], *colours[1]})
        if common < share * max(a.n_metals, b.n_metals) or not grown:
            return np.array(colours[0], dtype=np.int64), np.array(colours[1], dtype=np.int64)
        colours = finer


def _anchors(x: NDArray[np.float64], rarity: NDArray) -> list[int]:
    """Three metals far from being in line: the rarest first, among equals those that fix a motion best."""
    centre = np.linalg.norm(x - x.mean(axis=0), axis=1)
    first = int(np.lexsort((centre, rarity))[0])
    from_first = x - x[first]
    away = np.linalg.norm(from_first, axis=1)
    # Symmetry-equivalent metals differ by rounding only: rounding here keeps the choice the same on every machine.
    second = int(np.lexsort((-np.round(away, 3), np.where(away > 2.0, rarity, np.inf)))[0])
    area = np.linalg.norm(np.cross(from_first, from_first[second]), axis=1)
    third = int(np.lexsort((-np.round(area, 3), np.where(area > 2.0, rarity, np.inf)))[0])
    return [first, second, third] if away[second] > 2.0 and area[third] > 2.0 else []


def _promising(a: Core, b: Core, rotations: NDArray, translations: NDArray) -> list[int]:
    """Starts worth refining, by the distance of each atom of A to the nearest of its class in B."""
    candidates = np.arange(len(rotations))
    coarse = np.linspace(0, a.n_metals - 1, min(a.n_metals, COARSE_ATOMS)).astype(int)
    for atoms, keep in ((coarse, 400), (np.arange(len(a.atoms)), KEEP)):
        score = np.zeros(len(candidates))
        for mine, others, reach, weight in _classes(a, b, atoms):
            for z in np.unique(a.numbers[mine]):
                atoms_z = mine[a.numbers[mine] == z]
                moved = a.positions[atoms_z] @ rotations[candidates].transpose(0, 2, 1)
                moved = (moved + translations[candidates][:, None]).reshape(-1, 3)
                squared = np.full(len(moved), reach**2)
                for alike in (True, False):
                    target = others[(b.numbers[others] == z) == alike]
                    if len(target):
                        distance, _ = cKDTree(b.positions[target]).query(moved, distance_upper_bound=reach)
                        squared = np.minimum(squared, distance**2 + (0.0 if alike else ELEMENT_PENALTY))
                score += weight * squared.reshape(len(candidates), -1).sum(axis=1)
        candidates = candidates[np.argsort(np.round(score, 6), kind="stable")[:keep]]
    return candidates.tolist()


def _classes(
    a: Core, b: Core, atoms: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], float, float]]:
    """Metals, then donors: those of A among `atoms`, all of B, how far a partner may lie, and their weight."""
    metal = atoms < a.n_metals
    yield atoms[metal], np.arange(b.n_metals), METAL_REACH, 1.0
    yield atoms[~metal], np.arange(b.n_metals, len(b.atoms)), DONOR_REACH, DONOR_WEIGHT


def _refine(a: Core, b: Core, rotation: NDArray, translation: NDArray) -> Alignment:
    improper = bool(np.linalg.det(rotation) < 0)
    pairs, cost = np.zeros((0, 2), dtype=np.int64), np.inf
    for _ in range(20):
        before = pairs
        pairs, cost = _assign(a, b, a.positions @ rotation.T + translation)
        if len(pairs) < 3 or np.array_equal(before, pairs):
            break
        rotation, translation = _weighted_superposition(a, b, pairs, improper)
    return Alignment(rotation, translation, pairs, cost)


def _assign(a: Core, b: Core, moved: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
    """Pairs within reach, and the cost of this motion."""
    pairs, total = [], 0.0
    for mine, others, reach, weight in _classes(a, b, np.arange(len(a.atoms))):
        if not len(mine) or not len(others):
            total += weight * reach**2 * max(len(mine), len(others))
            continue
        squared = ((moved[mine][:, None] - b.positions[others][None]) ** 2).sum(axis=2)
        different = a.numbers[mine][:, None] != b.numbers[others][None]
        # Beyond the reach every distance costs the same: a site without a partner pulls at nothing.
        cost = np.minimum(squared, reach**2) + ELEMENT_PENALTY * different
        rows, columns = linear_sum_assignment(cost)
        near = squared[rows, columns] <= reach**2
        pairs.append(np.stack([mine[rows[near]], others[columns[near]]], axis=1))
        alone = max(len(mine), len(others)) - int(near.sum())
        total += weight * (float(cost[rows[near], columns[near]].sum()) + reach**2 * alone)
    found = np.concatenate(pairs) if pairs else np.zeros((0, 2), dtype=np.int64)
    return found[np.argsort(found[:, 0], kind="stable")], total / max(len(a.atoms), len(b.atoms))


def _weighted_superposition(
    a: Core, b: Core, pairs: NDArray[np.int64], improper: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation and translation of the paired atoms of A onto those of B, a donor counting `DONOR_WEIGHT`."""
    x, y = a.positions[pairs[:, 0]], b.positions[pairs[:, 1]]
    weight = np.where(pairs[:, 0] < a.n_metals, 1.0, DONOR_WEIGHT)[:, None]
    centre_x, centre_y = (weight * x).sum(axis=0) / weight.sum(), (weight * y).sum(axis=0) / weight.sum()
    u, _, vt = np.linalg.svd((weight * (x - centre_x)).T @ (y - centre_y))
    flip = np.diag([1.0, 1.0, (-1.0 if improper else 1.0) * np.sign(np.linalg.det(u @ vt))])
    rotation = (u @ flip @ vt).T
    return rotation, centre_y - rotation @ centre_x
