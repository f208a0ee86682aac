"""Symmetry operations of a set of atoms within a tolerance, and the point group they make.

pymatgen's analyzer starts from the inertia tensor and errs where a body is a spherical top by accident: it calls the
anticuboctahedron (D3h) Td and the metals of M25(SR)18 (Th) T. Here every motion that maps the atoms onto themselves is
found and counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mlcluster.geometry.superposition import self_congruences

TOLERANCE = 0.3
"""Default deviation (angstrom) within which an atom counts as mapped onto another: crystals are never exact."""


class _Axis(NamedTuple):
    direction: NDArray[np.float64]
    order: int


def point_group(numbers: NDArray[np.int64], positions: NDArray[np.float64], tolerance: float = TOLERANCE) -> str:
    """Schoenflies symbol of the atoms.

    Parameters
    ----------
    numbers, positions
        Atomic numbers (N,) and coordinates (N, 3), angstrom.
    tolerance
        Largest distance in angstrom between the image of an atom and the atom it falls on.

    Examples
    --------
    >>> square = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    >>> point_group(np.full(4, 79), 2.0 * square)
    'D4h'
    """
    centred = positions - positions.mean(axis=0)
    extent = np.linalg.svd(centred, compute_uv=False)
    if len(numbers) == 1 or extent[0] < tolerance:
        return "Kh"
    if len(numbers) == 2 or extent[1] < tolerance:
        return "Dinfh" if _ends_alike(numbers, centred, tolerance) else "Cinfv"
    operations = symmetry_operations(numbers, centred, tolerance)
    proper = np.linalg.det(operations) > 0
    return _symbol(_axes(operations[proper]), operations[~proper])


def symmetry_operations(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], tolerance: float = TOLERANCE
) -> NDArray[np.float64]:
    """The largest set of operations within the tolerance that is a group, (K, 3, 3), identity included.

    In a distorted body some products of found operations miss the tolerance; the least exact operations are then
    left out until every product is in the set.
    """
    found = [self_congruences(numbers, positions, hand, tolerance) for hand in (1, -1)]
    operations = np.concatenate([part[0] for part in found])
    deviation = np.concatenate([part[1] for part in found])
    operations = operations[np.argsort(deviation, kind="stable")]
    while not _closed(operations):
        operations = operations[:-1]
    return operations


def _closed(operations: NDArray[np.float64]) -> bool:
    products = np.einsum("aij,bjk->abik", operations, operations).reshape(-1, 9)
    nearest, _ = cKDTree(operations.reshape(-1, 9)).query(products)
    return bool(nearest.max() < 0.3)


def _ends_alike(numbers: NDArray[np.int64], centred: NDArray[np.float64], tolerance: float) -> bool:
    distance = np.linalg.norm(centred[:, None] + centred[None], axis=2)
    distance[numbers[:, None] != numbers[None]] = np.inf
    return bool((distance.min(axis=1) <= tolerance).all())


def _axes(rotations: NDArray[np.float64]) -> list[_Axis]:
    """Rotation axes with the order of each, highest first."""
    axes: list[_Axis] = []
    for rotation in rotations:
        angle = np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))
        if angle < 0.2:
            continue
        order = round(2 * np.pi / angle)
        values, vectors = np.linalg.eig(rotation)
        direction = np.real(vectors[:, np.argmin(np.abs(values - 1))])
        for k, axis in enumerate(axes):
            if _parallel(axis.direction, direction):
                axes[k] = _Axis(axis.direction, max(axis.order, order))
                break
        else:
            axes.append(_Axis(direction, order))
    return sorted(axes, key=lambda axis: -axis.order)


def _parallel(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(abs(a @ b) > 0.97)


def _perpendicular(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(abs(a @ b) < 0.2)


def _symbol(axes: list[_Axis], improper: NDArray[np.float64]) -> str:
    traces = np.trace(improper, axis1=1, axis2=2) if len(improper) else np.zeros(0)
    inversion = bool((traces < -2.7).any())
    mirrors = [_normal(operation) for operation in improper[np.abs(traces - 1) < 0.2]] if len(improper) else []
    threefold = sum(axis.order == 3 for axis in axes)
    if sum(axis.order == 5 for axis in axes) >= 6:
        return "Ih" if inversion else "I"
    if threefold >= 4:
        if sum(axis.order == 4 for axis in axes) >= 3:
            return "Oh" if inversion else "O"
        return "Th" if inversion else "Td" if mirrors else "T"
    if not axes:
        return "Cs" if mirrors else "Ci" if inversion else "C1"
    # Rotation-reflections S4 single out one of three twofold axes.
    fourfold = [_normal(operation) for operation in improper[np.abs(traces + 1) < 0.2]] if len(improper) else []
    main = axes[0]
    if main.order == 2 and fourfold:
        main = next((axis for axis in axes if _parallel(axis.direction, fourfold[0])), main)
    n = main.order
    horizontal = any(_parallel(normal, main.direction) for normal in mirrors)
    vertical = sum(_perpendicular(normal, main.direction) for normal in mirrors)
    dihedral = sum(axis.order == 2 and _perpendicular(axis.direction, main.direction) for axis in axes)
    if dihedral >= n:
        return f"D{n}h" if horizontal else f"D{n}d" if vertical >= n else f"D{n}"
    if horizontal:
        return f"C{n}h"
    if vertical >= n:
        return f"C{n}v"
    return f"S{2 * n}" if len(improper) and not mirrors else f"C{n}"


def _normal(operation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axis of a reflection or rotation-reflection: the direction it turns round."""
    values, vectors = np.linalg.eig(operation)
    return np.real(vectors[:, np.argmin(np.abs(values + 1))])
