"""Best superposition of two sets of points of unknown correspondence, also when one set is part of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from mlcluster.geometry.superposition import Fit, superpose

ANCHOR_SLACK = 0.6
"""How much (angstrom) the distances among anchor points may differ between the two sets."""

MOST_STARTS = 6000
"""Most starting superpositions scored; beyond it they are thinned evenly."""


class Correspondence(NamedTuple):
    """Partner in the larger set of each point of the smaller, and the motion that lays it there."""

    partner: NDArray[np.int64]
    fit: Fit
    improper: bool


def correspond(
    x: NDArray[np.float64], y: NDArray[np.float64], penalty: NDArray[np.float64] | None = None
) -> Correspondence:
    """Match every point of `x` with a point of `y` under rotation, reflection, translation and permutation.

    Starts come from superposing three anchor points on all triples of `y` with like distances; the best are
    refined by assignment and superposition in turn.

    Parameters
    ----------
    x, y
        Points, (n, 3) and (m, 3) with n <= m, angstrom.
    penalty
        Squared angstrom added to the cost of each pairing, (n, m): zero where none is given.
    """
    penalty = np.zeros((len(x), len(y))) if penalty is None else penalty
    results = [_refine(x, y, penalty, start) for start in _starts(x, y)]
    _, fit, partner = min(results, key=lambda result: round(result[0], 9))
    return Correspondence(partner, fit, bool(np.linalg.det(fit.rotation) < 0))


def _starts(x: NDArray, y: NDArray, keep: int = 24) -> list[tuple[NDArray, NDArray]]:
    """The most promising rotations and translations of x onto y."""
    rotations, translations = np.eye(3)[None], (y.mean(axis=0) - x.mean(axis=0))[None]
    anchors = _anchors(x)
    if len(anchors) == 3:
        triples = matching_triples(x[anchors], y, [np.arange(len(y))] * 3, ANCHOR_SLACK)
        onto = y[triples[:: max(1, -(-2 * len(triples) // MOST_STARTS))]]
        for improper in (False, True):
            turned, shifted = superpose_triples(x[anchors], onto, improper)
            rotations, translations = np.concatenate([rotations, turned]), np.concatenate([translations, shifted])
    moved = x @ rotations.transpose(0, 2, 1) + translations[:, None]
    distance, _ = cKDTree(y).query(moved.reshape(-1, 3))
    score = (np.minimum(distance, 1.5) ** 2).reshape(len(rotations), -1).sum(axis=1)
    return [(rotations[k], translations[k]) for k in np.argsort(score, kind="stable")[:keep]]


def superpose_triples(
    anchors: NDArray[np.float64], onto: NDArray[np.float64], improper: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`superpose` of three anchors on many triples (T, 3, 3) at once: rotations (T, 3, 3), translations (T, 3)."""
    centre, centres = anchors.mean(axis=0), onto.mean(axis=1)
    u, _, vt = np.linalg.svd(np.einsum("ai,taj->tij", anchors - centre, onto - centres[:, None]))
    wanted = -1.0 if improper else 1.0
    u[:, :, 2] *= (wanted * np.sign(np.linalg.det(u @ vt)))[:, None]
    rotation = (u @ vt).transpose(0, 2, 1)
    return rotation, centres - np.einsum("tij,j->ti", rotation, centre)


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


def matching_triples(
    anchors: NDArray[np.float64], y: NDArray[np.float64], pools: Sequence[NDArray[np.int64]], slack: float
) -> NDArray[np.int64]:
    """Triples of y, one from each pool, whose distances fit those of three anchors within the slack, (T, 3)."""
    d01, d02, d12 = (np.linalg.norm(anchors[i] - anchors[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    found = []
    for i in pools[0].tolist():
        away = np.linalg.norm(y - y[i], axis=1)
        second = pools[1][np.abs(away[pools[1]] - d01) < slack]
        third = pools[2][np.abs(away[pools[2]] - d02) < slack]
        between = np.linalg.norm(y[second][:, None] - y[third][None], axis=2)
        j, k = np.nonzero(np.abs(between - d12) < slack)
        found.append(np.stack([np.full(len(j), i), second[j], third[k]], axis=1))
    triples = np.concatenate(found)
    distinct = (triples[:, 0] != triples[:, 1]) & (triples[:, 0] != triples[:, 2]) & (triples[:, 1] != triples[:, 2])
    return triples[distinct]


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
