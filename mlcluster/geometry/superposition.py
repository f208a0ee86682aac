"""Rigid superposition, and whether two sets of atoms are the same body or mirror images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


class Fit(NamedTuple):
    """Least-squares superposition: ``moving @ rotation.T + translation`` lies on the target with this RMSD."""

    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    rmsd: float


def superpose(moving: NDArray[np.float64], target: NDArray[np.float64], *, improper: bool | None = False) -> Fit:
    """Best rigid motion of matched points (Kabsch, Acta Cryst. A 1976, 32, 922).

    Parameters
    ----------
    moving, target
        Matched points, (N, 3), angstrom.
    improper
        False for rotations only, True for rotation with reflection only, None for the better of both.

    Examples
    --------
    >>> points = np.eye(3)
    >>> round(superpose(points @ np.diag([1.0, 1.0, -1.0]), points, improper=True).rmsd, 6)
    0.0
    """
    centre_m, centre_t = moving.mean(axis=0), target.mean(axis=0)
    a, b = moving - centre_m, target - centre_t
    u, _, vt = np.linalg.svd(a.T @ b)
    wanted = np.sign(np.linalg.det(u @ vt)) if improper is None else (-1.0 if improper else 1.0)
    flip = np.diag([1.0, 1.0, wanted * np.sign(np.linalg.det(u @ vt))])
    rotation = (u @ flip @ vt).T
    rmsd = float(np.sqrt(np.mean(np.sum((a @ rotation.T - b) ** 2, axis=1))))
    return Fit(rotation, centre_t - rotation @ centre_m, rmsd)


def congruence(
    numbers_a: NDArray[np.int64],
    positions_a: NDArray[np.float64],
    numbers_b: NDArray[np.int64],
    positions_b: NDArray[np.float64],
    *,
    improper: bool,
    tolerance: float,
) -> NDArray[np.int64] | None:
    """Permutation that carries body B onto body A, or None if no rigid motion of that kind does.

    Exact for any symmetry: three anchor atoms of A from its rarest shells (element and distance to the centroid)
    are matched with every triple of B of the same shells and distances, and each motion so found is verified.

    Parameters
    ----------
    numbers_a, positions_a, numbers_b, positions_b
        Atomic numbers (N,) and coordinates (N, 3) in angstrom.
    improper
        True to allow only motions with a reflection (mirror images), False only rotations.
    tolerance
        Largest deviation of any atom, angstrom.

    Returns
    -------
    NDArray[np.int64] | None
        For each atom of A the index of its partner in B, or None.
    """
    n = len(numbers_a)
    if n != len(numbers_b) or not np.array_equal(np.sort(numbers_a), np.sort(numbers_b)):
        return None
    a = positions_a - positions_a.mean(axis=0)
    b = (positions_b - positions_b.mean(axis=0)) * (-1.0 if improper else 1.0)
    if not _same_shells(numbers_a, np.linalg.norm(a, axis=1), numbers_b, np.linalg.norm(b, axis=1), tolerance):
        return None
    for partner, _, _ in _motions(numbers_a, a, numbers_b, b, tolerance):
        return partner
    return None


def self_congruences(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], handedness: int, tolerance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every motion about the centroid that maps a body onto itself, (K, 3, 3), and its largest deviation, (K,).

    Parameters
    ----------
    numbers, positions
        Atomic numbers (N,) and coordinates (N, 3), angstrom.
    handedness
        1 for rotations, the identity included, -1 for motions with a reflection.
    tolerance
        Largest deviation of any atom, angstrom.
    """
    centred = positions - positions.mean(axis=0)
    found: list[tuple[NDArray[np.float64], float]] = []
    for _, rotation, deviation in _motions(numbers, centred, numbers, centred * handedness, tolerance):
        # Different operations are a turn of many degrees apart: what is closer is one of them met again.
        if all(np.abs(rotation - other).max() > 0.3 for other, _ in found):
            found.append((rotation, deviation))
    operations = np.array([rotation for rotation, _ in found]).reshape(-1, 3, 3) * handedness
    return operations, np.array([deviation for _, deviation in found])


def _motions(  # type: ignore[no-untyped-def]
    numbers_a: NDArray[np.int64], a: NDArray, numbers_b: NDArray[np.int64], b: NDArray, tolerance: float
):
    """Rotations of `a` onto `b` (both centred): partner of every atom, rotation, and largest deviation."""
    ra, rb = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    anchors = _anchors(numbers_a, a, ra)
    pools = [np.flatnonzero((numbers_b == numbers_a[i]) & (np.abs(rb - ra[i]) < 2 * tolerance)) for i in anchors]
    trees = {int(z): (cKDTree(b[numbers_b == z]), np.flatnonzero(numbers_b == z)) for z in np.unique(numbers_b)}
    for triple in _matching_triples(a[anchors], b, pools, 4 * tolerance):
        # Points and their inverses keep the common centroid at the origin: two anchors then fix the motion.
        rotation = superpose(np.vstack([a[anchors], -a[anchors]]), np.vstack([b[triple], -b[triple]])).rotation
        partner = _verify(numbers_a, a @ rotation.T, trees, 4 * tolerance)
        if partner is None:
            continue
        fit = superpose(a, b[partner])
        deviation = float(np.linalg.norm(a @ fit.rotation.T + fit.translation - b[partner], axis=1).max())
        if deviation <= tolerance:
            yield partner, fit.rotation, deviation


def _same_shells(za: NDArray, ra: NDArray, zb: NDArray, rb: NDArray, tolerance: float) -> bool:
    order_a, order_b = np.lexsort((ra, za)), np.lexsort((rb, zb))
    return bool(np.abs(ra[order_a] - rb[order_b]).max() < 2 * tolerance)


def _anchors(numbers: NDArray, points: NDArray, radii: NDArray) -> list[int]:
    """Up to three atoms off the centroid and not in line, from shells with few members."""
    shell = np.stack([numbers, np.round(radii, 1) * 10]).astype(int)
    _, inverse, counts = np.unique(shell, axis=1, return_inverse=True, return_counts=True)
    order = np.lexsort((-radii, counts[inverse.ravel()]))
    anchors: list[int] = []
    for i in order.tolist():
        if radii[i] < 0.5:
            continue
        chosen = points[anchors] if anchors else np.zeros((0, 3))
        space = np.vstack([chosen, points[i]])
        scale = np.linalg.norm(space, axis=1).prod()
        volume = np.sqrt(max(np.linalg.det(space @ space.T), 0.0))
        # The third anchor only has to fix the plane: with two off-centre anchors and the centroid it may lie in it.
        if len(anchors) < 2 and volume > 0.2 * scale or len(anchors) == 2 and volume > 0.1 * scale:
            anchors.append(i)
        if len(anchors) == 3:
            return anchors
    return anchors or [int(order[0])]


def _matching_triples(anchors: NDArray, b: NDArray, pools: list[NDArray], slack: float):  # type: ignore[no-untyped-def]
    """Tuples of atoms of B, one from each pool, with the anchors' mutual distances."""
    if len(anchors) == 1:
        yield from ([int(i)] for i in pools[0])
        return
    for i in pools[0].tolist():
        d01 = np.linalg.norm(anchors[0] - anchors[1])
        second = pools[1][np.abs(np.linalg.norm(b[pools[1]] - b[i], axis=1) - d01) < slack]
        if len(anchors) == 2:
            yield from ([i, int(j)] for j in second)
            continue
        d02, d12 = np.linalg.norm(anchors[0] - anchors[2]), np.linalg.norm(anchors[1] - anchors[2])
        third = pools[2][np.abs(np.linalg.norm(b[pools[2]] - b[i], axis=1) - d02) < slack]
        for j in second.tolist():
            for k in third[np.abs(np.linalg.norm(b[third] - b[j], axis=1) - d12) < slack].tolist():
                yield [i, j, k]


def _verify(
    numbers: NDArray, moved: NDArray, trees: dict[int, tuple[cKDTree, NDArray]], reach: float
) -> NDArray[np.int64] | None:
    """Nearest partner of each moved atom, or None if one is out of reach or two share a partner."""
    partner = np.empty(len(numbers), dtype=np.int64)
    for z, (tree, index) in trees.items():
        mine = numbers == z
        distance, nearest = tree.query(moved[mine])
        if distance.max() > reach or len(np.unique(nearest)) != len(nearest):
            return None
        partner[mine] = index[nearest]
    return partner


def is_chiral(numbers: NDArray[np.int64], positions: NDArray[np.float64], tolerance: float = 0.05) -> bool:
    """Whether a body differs from its mirror image by more than `tolerance` angstrom at some atom."""
    return congruence(numbers, positions, numbers, positions, improper=True, tolerance=tolerance) is None
