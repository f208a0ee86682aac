"""Best superposition of two metal cores of unknown correspondence, also when one lacks atoms of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from mlcluster.chem.elements import is_metal
from mlcluster.geometry.superposition import Fit, superpose
from mlcluster.structure.cluster import Cluster

ELEMENT_PENALTY = 0.5
"""Squared angstrom added to the cost of pairing different metals: geometry decides first, element between equals."""

ANCHOR_SLACK = 0.6
"""How much (angstrom) the distances among anchor atoms may differ between the two cores."""

MOST_STARTS = 6000
"""Most starting superpositions scored; beyond it they are thinned evenly."""


@dataclass(frozen=True)
class CoreMatch:
    """Correspondence of the metal atoms of two clusters.

    Parameters
    ----------
    pairs
        Matched atoms as indices into A and B, (k, 2); k is the number of metals of the smaller core.
    rmsd
        Of the matched metals after superposition, angstrom.
    improper
        Whether the better superposition needs a reflection.
    only_a, only_b
        Metals without a partner.
    """

    pairs: NDArray[np.int64]
    rmsd: float
    improper: bool
    only_a: NDArray[np.int64]
    only_b: NDArray[np.int64]


def match_cores(a: Cluster, b: Cluster) -> CoreMatch | None:
    """Match the metals of two clusters under rotation, reflection and permutation; None if either has no metal.

    Every metal of the smaller core gets a partner. Starts come from superposing three anchor atoms on all triples
    of the other core with like distances; the best are refined by assignment and superposition in turn.
    """
    metals_a, metals_b = np.flatnonzero(is_metal(a.numbers)), np.flatnonzero(is_metal(b.numbers))
    if not metals_a.size or not metals_b.size:
        return None
    swapped = metals_a.size > metals_b.size
    small, large = (b, a) if swapped else (a, b)
    ids_small, ids_large = (metals_b, metals_a) if swapped else (metals_a, metals_b)
    x, y = small.positions[ids_small], large.positions[ids_large]
    penalty = ELEMENT_PENALTY * (small.numbers[ids_small][:, None] != large.numbers[ids_large][None, :])
    best: tuple[float, Fit, NDArray[np.int64]] | None = None
    for start in _starts(x, y):
        cost, fit, partner = _refine(x, y, penalty, start)
        if best is None or cost < best[0] - 1e-9:
            best = cost, fit, partner
    assert best is not None  # noqa: S101 - _starts always yields the identity of the centroids
    _, fit, partner = best
    own, other = ids_small, ids_large[partner]
    free = np.setdiff1d(ids_large, other)
    nothing = np.zeros(0, dtype=np.int64)
    pairs = np.stack([other, own] if swapped else [own, other], axis=1)
    return CoreMatch(
        pairs=pairs[np.argsort(pairs[:, 0])],
        rmsd=fit.rmsd,
        improper=bool(np.linalg.det(fit.rotation) < 0),
        only_a=free if swapped else nothing,
        only_b=nothing if swapped else free,
    )


def _starts(x: NDArray, y: NDArray, keep: int = 24) -> list[tuple[NDArray, NDArray]]:
    """The most promising rotations and translations of x onto y."""
    starts = [(np.eye(3), y.mean(axis=0) - x.mean(axis=0))]
    anchors = _anchors(x)
    if len(anchors) == 3:
        triples = _triples(x[anchors], y)
        for triple in triples:
            for improper in (False, True):
                fit = superpose(x[anchors], y[triple], improper=improper)
                starts.append((fit.rotation, fit.translation))
    tree = cKDTree(y)
    moved = np.stack([x @ rotation.T + translation for rotation, translation in starts])
    distance, _ = tree.query(moved.reshape(-1, 3))
    score = (np.minimum(distance, 1.5) ** 2).reshape(len(starts), -1).sum(axis=1)
    return [starts[k] for k in np.argsort(score, kind="stable")[:keep]]


def _anchors(x: NDArray) -> list[int]:
    """Three atoms far from being in line, the first nearest to the centre."""
    if len(x) < 3:
        return []
    first = int(np.linalg.norm(x - x.mean(axis=0), axis=1).argmin())
    from_first = x - x[first]
    second = int(np.linalg.norm(from_first, axis=1).argmax())
    area = np.linalg.norm(np.cross(from_first, from_first[second]), axis=1)
    third = int(area.argmax())
    return [first, second, third] if area[third] > 1.0 else []


def _triples(anchors: NDArray, y: NDArray) -> NDArray[np.int64]:
    """Ordered triples of y whose three distances fit those of the anchors, (T, 3)."""
    d = np.linalg.norm(y[:, None] - y[None], axis=2)
    d01, d02, d12 = (np.linalg.norm(anchors[i] - anchors[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    found = []
    for i in range(len(y)):
        second = np.flatnonzero(np.abs(d[i] - d01) < ANCHOR_SLACK)
        third = np.flatnonzero(np.abs(d[i] - d02) < ANCHOR_SLACK)
        j, k = np.nonzero(np.abs(d[np.ix_(second, third)] - d12) < ANCHOR_SLACK)
        found.append(np.stack([np.full(len(j), i), second[j], third[k]], axis=1))
    triples = np.concatenate(found)
    triples = triples[
        (triples[:, 0] != triples[:, 1]) & (triples[:, 0] != triples[:, 2]) & (triples[:, 1] != triples[:, 2])
    ]
    return triples[:: max(1, -(-2 * len(triples) // MOST_STARTS))]


def _refine(
    x: NDArray, y: NDArray, penalty: NDArray, start: tuple[NDArray, NDArray]
) -> tuple[float, Fit, NDArray[np.int64]]:
    rotation, translation = start
    improper = bool(np.linalg.det(rotation) < 0)
    partner = np.full(len(x), -1)
    fit = Fit(rotation, translation, np.inf)
    for _ in range(20):
        moved = x @ fit.rotation.T + fit.translation
        squared = ((moved[:, None] - y[None]) ** 2).sum(axis=2)
        _, assigned = linear_sum_assignment(squared + penalty)
        if np.array_equal(assigned, partner):
            break
        partner = assigned
        fit = superpose(x, y[partner], improper=improper)
    cost = fit.rmsd**2 + float(penalty[np.arange(len(x)), partner].mean())
    return cost, fit, partner
