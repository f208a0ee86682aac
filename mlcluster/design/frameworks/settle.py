"""Clean-up of a structure built by rule: springs for what is bonded, soft repulsion for everything else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from mlcluster.chem.elements import NUMBERS, is_metal

SPRING = 20.0
"""Stiffness of a bond; only its ratio to the repulsion matters."""
REPULSION = 8.0
CONTACT = 0.80
"""Fraction of the sum of van der Waals radii below which atoms that are not tied repel each other."""
# Bondi, J. Phys. Chem. 1964 (10.1021/j100785a001); hydrogen smaller, as ligand shells are crowded.
_VAN_DER_WAALS = {"H": 1.15, "C": 1.70, "N": 1.55, "P": 1.80, "S": 1.80, "Cl": 1.75, "Se": 1.90, "Br": 1.85, "I": 1.98}
_METAL_RADIUS = 1.75
_ASKED_EVERY = 10
_FARTHEST = 8.0
"""Angstrom beyond which atoms do not meet while a few ligands settle."""


class Springs(NamedTuple):
    """Distances to keep: pairs (S, 2), lengths (S,) in angstrom, relative stiffness (S,)."""

    pairs: NDArray[np.int64]
    lengths: NDArray[np.float64]
    stiffness: NDArray[np.float64]


def settle(
    numbers: NDArray[np.int64],
    positions: NDArray[np.float64],
    springs: Springs,
    hold_metals: float | None,
    fixed: NDArray[np.bool_] | None = None,
    until: Callable[[NDArray[np.float64]], bool] | None = None,
) -> NDArray[np.float64]:
    """Positions (N, 3) in angstrom of least strain.

    The strain is SPRING/2 sum s (r - r0)^2 over springs, plus REPULSION/2 sum (c - r)^2 over untied contacts closer
    than c, plus hold_metals/2 times the squared displacement of each metal. Metals do not repel each other, and do not
    move at all when hold_metals is None.

    Parameters
    ----------
    numbers, positions
        Atomic numbers (N,) and starting coordinates (N, 3), angstrom.
    springs
        Distances to keep.
    hold_metals
        Stiffness of the hold on each metal, or None.
    fixed
        Atoms that stand still, (N,); contacts between them do not count, nor do atoms too far apart to meet.
    until
        Asked every few steps about the positions: whether they are good enough.
    """
    metal = is_metal(numbers)
    contacts, reach = _contacts(numbers, metal, springs.pairs)
    if fixed is not None:
        apart = np.linalg.norm(positions[contacts[:, 0]] - positions[contacts[:, 1]], axis=1)
        meet = (apart < _FARTHEST) & ~(fixed[contacts[:, 0]] & fixed[contacts[:, 1]])
        contacts, reach = contacts[meet], reach[meet]
    stiffness = SPRING * springs.stiffness
    start = positions[metal]

    def strain(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        points = flat.reshape(-1, 3)
        gradient = np.zeros_like(points)
        stretch, direction = _stretch(points, springs.pairs, springs.lengths)
        _push(gradient, springs.pairs, (stiffness * stretch)[:, None] * direction)
        overlap, direction = _stretch(points, contacts, reach)
        overlap = np.minimum(overlap, 0.0)
        near = overlap < 0
        _push(gradient, contacts[near], (REPULSION * overlap[near])[:, None] * direction[near])
        energy = stiffness @ stretch**2 + REPULSION * overlap @ overlap
        if fixed is not None:
            gradient[fixed] = 0.0
        elif hold_metals is None:
            gradient[metal] = 0.0
        else:
            moved = points[metal] - start
            gradient[metal] += hold_metals * moved
            energy += hold_metals * np.sum(moved**2)
        return 0.5 * float(energy), gradient.ravel()

    steps = count(1)

    def ask(flat: NDArray[np.float64]) -> None:
        if until is not None and next(steps) % _ASKED_EVERY == 0 and until(flat.reshape(-1, 3)):
            raise StopIteration

    result = minimize(strain, positions.ravel(), jac=True, method="L-BFGS-B", callback=ask, options={"maxiter": 1000})
    return np.asarray(result.x).reshape(-1, 3)


def _contacts(
    numbers: NDArray[np.int64], metal: NDArray[np.bool_], tied: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs (C, 2) that are neither tied nor both metals, and the distance at which each begins to repel."""
    size = len(numbers)
    free = np.triu(np.ones((size, size), dtype=bool), k=1)
    free[np.ix_(metal, metal)] = False
    free[tied[:, 0], tied[:, 1]] = False
    pairs = np.argwhere(free)
    by_number = {NUMBERS[symbol]: radius for symbol, radius in _VAN_DER_WAALS.items()}
    radius = np.array([_METAL_RADIUS if m else by_number.get(int(z), 1.8) for z, m in zip(numbers, metal, strict=True)])
    return pairs, CONTACT * (radius[pairs[:, 0]] + radius[pairs[:, 1]])


def _stretch(
    points: NDArray[np.float64], pairs: NDArray[np.int64], lengths: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance less wanted length, and unit vector from the second to the first atom, of each pair."""
    difference = points[pairs[:, 0]] - points[pairs[:, 1]]
    distance = np.maximum(np.linalg.norm(difference, axis=1), 0.2)
    return distance - lengths, difference / distance[:, None]


def _push(gradient: NDArray[np.float64], pairs: NDArray[np.int64], force: NDArray[np.float64]) -> None:
    np.add.at(gradient, pairs[:, 0], force)
    np.subtract.at(gradient, pairs[:, 1], force)
