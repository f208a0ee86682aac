"""Hydrogens that a file leaves out: carbons and nitrogens without any are completed by geometry.

The number follows from the neighbours, their angles and the bond lengths against single bonds; sulfur, oxygen and
phosphorus get none (thiolates have none, and acids, alcohols and hydrides cannot be told from the heavy atoms alone).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from mlcluster.chem.elements import COVALENT_RADIUS, NUMBERS, is_metal
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.report import Report

LENGTHS = {"aromatic": 1.083, "aliphatic": 1.093, "alkyne": 1.060, "nitrogen": 1.015}
"""C-H and N-H bond lengths in angstrom, means from neutron diffraction (Allen & Bruno, Acta Cryst. B 2010,
10.1107/S0108768110012048)."""

TRIPLE = 0.83
"""Share of the covalent radii below which a bond is a triple one or C=O: C-C 1.26, C-N 1.22 angstrom."""

PARTLY_DOUBLE = 0.955
"""Mean share below which two bonds of a bent atom are aromatic or one is double: C-C 1.45 angstrom."""

DOUBLE = 0.915
"""Share below which one bond is double (C-C 1.39 angstrom); above `PARTLY_DOUBLE` it is single."""

LINEAR = 155.0
"""Angle (degrees) from which two neighbours leave no room for hydrogen."""

PLANAR = 0.7
"""Sum of the unit vectors to three neighbours above which they are no plane, and a hydrogen is on the other side."""

TETRAHEDRAL = np.radians(109.5)


class Added(NamedTuple):
    """Hydrogens found to be missing.

    Attributes
    ----------
    parents
        The atom each hydrogen is bonded to, (k,).
    positions
        Coordinates, (k, 3), angstrom.
    """

    parents: NDArray[np.int64]
    positions: NDArray[np.float64]


def missing_hydrogens(numbers: NDArray[np.int64], positions: NDArray[np.float64], bonds: Bonds) -> Added:
    """Hydrogens of the carbons and nitrogens that have none and should have some.

    Parameters
    ----------
    numbers, positions
        Atomic numbers, (N,), and coordinates, (N, 3) angstrom, of one finite structure.
    bonds
        Its bonds, each in both directions.
    """
    molecule = _Molecule(numbers, positions, bonds)
    parents: list[int] = []
    placed: list[NDArray[np.float64]] = []
    # Those that can turn come last, so that they keep clear of all others.
    turning = []
    for atom in np.flatnonzero(np.isin(numbers, [NUMBERS["C"], NUMBERS["N"]])).tolist():
        found = molecule.directions(atom)
        if found is None:
            turning.append(atom)
            continue
        for direction in found:
            parents.append(atom)
            placed.append(positions[atom] + molecule.length(atom, len(found)) * direction)
    for atom in turning:
        for direction in molecule.turned(atom, placed):
            parents.append(atom)
            placed.append(positions[atom] + molecule.length(atom, 3) * direction)
    return Added(np.array(parents, dtype=np.int64), np.array(placed).reshape(-1, 3))


def with_hydrogens(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], labels: Sequence[str], bonds: Bonds, report: Report
) -> tuple[NDArray[np.int64], NDArray[np.float64], tuple[str, ...]]:
    """The atoms with their missing hydrogens behind them, each named after its parent and reported.

    Parameters
    ----------
    labels
        Name of each atom.
    """
    added = missing_hydrogens(numbers, positions, bonds)
    if not len(added.parents):
        return numbers, positions, tuple(labels)
    parents = added.parents.tolist()
    names, taken, count = [], set(labels), dict.fromkeys(parents, 0)
    for parent in parents:
        count[parent] += 1
        name = f"H_{labels[parent]}_{count[parent]}"
        while name in taken:
            name += "+"
        taken.add(name)
        names.append(name)
    listed = ", ".join(f"{labels[parent]} ({n})" for parent, n in count.items())
    text = f"{len(parents)} hydrogens that the file leaves out were placed by geometry, on {listed}."
    report.add("warning", "hydrogens_added", text, labels[parents[0]])
    return (
        np.concatenate([numbers, np.ones(len(parents), dtype=np.int64)]),
        np.vstack([positions, added.positions]),
        (*labels, *names),
    )


class _Molecule:
    """Heavy neighbours of each atom, with the questions asked of them."""

    def __init__(self, numbers: NDArray[np.int64], positions: NDArray[np.float64], bonds: Bonds) -> None:
        self.numbers, self.positions = numbers, positions
        self.light: list[list[int]] = [[] for _ in numbers]
        self.metals: list[list[int]] = [[] for _ in numbers]
        self.hydrogens = np.zeros(len(numbers), dtype=int)
        metal = is_metal(numbers)
        for a, b in zip(bonds.first.tolist(), bonds.second.tolist(), strict=True):
            if numbers[b] == 1:
                self.hydrogens[a] += 1
            elif metal[b]:
                self.metals[a].append(b)
            else:
                self.light[a].append(b)

    def unit(self, atom: int, other: int) -> NDArray[np.float64]:
        vector = self.positions[other] - self.positions[atom]
        return vector / np.linalg.norm(vector)

    def share(self, atom: int, other: int) -> float:
        """Length of a bond as a share of the covalent radii."""
        length = float(np.linalg.norm(self.positions[other] - self.positions[atom]))
        return length / float(COVALENT_RADIUS[self.numbers[atom]] + COVALENT_RADIUS[self.numbers[other]])

    def length(self, atom: int, n: int) -> float:
        if self.numbers[atom] == NUMBERS["N"]:
            return LENGTHS["nitrogen"]
        shares = [self.share(atom, other) for other in self.light[atom]]
        if len(shares) == 1 and shares[0] < TRIPLE:
            return LENGTHS["alkyne"]
        return LENGTHS["aromatic" if n == 1 and self._unsaturated(shares) else "aliphatic"]

    def neighbours(self, atom: int) -> list[int]:
        """What takes up room at an atom: non-metals, and one metal unless that is bound side-on."""
        if len(self.metals[atom]) != 1:
            return self.light[atom]
        metal = self.metals[atom][0]
        side_on = any(metal in self.metals[other] for other in self.light[atom])
        return self.light[atom] if side_on else [*self.light[atom], metal]

    def directions(self, atom: int) -> list[NDArray[np.float64]] | None:
        """Unit vectors to the hydrogens that are missing; None for a group that turns about one bond."""
        if self.hydrogens[atom] or len(self.metals[atom]) > 1 or not (self.light[atom] or self.metals[atom]):
            return []
        around = self.neighbours(atom)
        units = [self.unit(atom, other) for other in around]
        shares = [self.share(atom, other) for other in self.light[atom]]
        carbon = self.numbers[atom] == NUMBERS["C"]
        if len(around) == 1:
            return self._one(atom, shares, carbon)
        total = np.sum(units, axis=0)
        if len(around) == 2:
            bent = np.degrees(np.arccos(np.clip(units[0] @ units[1], -1.0, 1.0))) < LINEAR
            if not bent:
                return []
            if self._unsaturated(shares):
                return [-total / np.linalg.norm(total)] if carbon or self._amide(atom) else []
            if carbon or len(shares) == 1:
                return _pair(units)
            return [_pair(units)[0]]
        if len(around) == 3 and np.linalg.norm(total) > PLANAR:
            bare_amine = not carbon and len(self.light[atom]) == 3
            return [] if bare_amine or self._unsaturated(shares) else [-total / np.linalg.norm(total)]
        return []

    def _one(self, atom: int, shares: list[float], carbon: bool) -> list[NDArray[np.float64]] | None:
        if not shares:
            return None
        other = self.light[atom][0]
        if shares[0] < TRIPLE:
            ends = carbon and self.numbers[other] == NUMBERS["C"] and not self.metals[atom]
            return [-self.unit(atom, other)] if ends else []
        if self.numbers[other] in (NUMBERS["O"], NUMBERS["N"]) and shares[0] < PARTLY_DOUBLE:
            return []
        flat = shares[0] < DOUBLE if carbon else shares[0] < PARTLY_DOUBLE
        if not flat:
            return None
        beyond = [self.unit(other, far) for far in [*self.light[other], *self.metals[other]] if far != atom]
        return _in_plane(self.unit(atom, other), beyond)

    def turned(self, atom: int, placed: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        """Three hydrogens (two on nitrogen without a metal) at the turn that keeps them farthest from other atoms."""
        around = self.neighbours(atom)
        axis = self.unit(atom, around[0])
        start = _perpendicular(axis)
        count = 3 if self.numbers[atom] == NUMBERS["C"] or self.metals[atom] else 2
        others = np.delete(self.positions, [atom, around[0]], axis=0)
        others = np.vstack([others, *placed]) if placed else others
        others = others[np.linalg.norm(others - self.positions[atom], axis=1) < 5.0]
        best: list[NDArray[np.float64]] = []
        widest = -1.0
        for turn in np.radians(np.arange(0.0, 120.0 if count == 3 else 360.0, 5.0)):
            made = [
                np.cos(TETRAHEDRAL) * axis
                + np.sin(TETRAHEDRAL) * Rotation.from_rotvec((turn + 2 * np.pi * k / 3) * axis).apply(start)
                for k in range(count)
            ]
            points = self.positions[atom] + 1.1 * np.array(made)
            room = np.linalg.norm(points[:, None] - others[None], axis=2).min() if len(others) else 9.0
            if room > widest + 1e-6:
                best, widest = made, float(room)
        return best

    def _unsaturated(self, shares: list[float]) -> bool:
        return bool(shares) and (min(shares) < DOUBLE - 0.02 or float(np.mean(shares)) < PARTLY_DOUBLE)

    def _amide(self, atom: int) -> bool:
        """Nitrogen beside a carbonyl, and no nitrogen of an aromatic ring."""
        for other in self.light[atom]:
            ends = [far for far in self.light[other] if far != atom and len(self.light[far]) == 1]
            if any(self.numbers[far] == NUMBERS["O"] and self.share(other, far) < DOUBLE for far in ends):
                return True
        return False


def _pair(units: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """The two free corners of a tetrahedron whose other two point along `units`."""
    bisector = -(units[0] + units[1])
    bisector /= np.linalg.norm(bisector)
    across = np.cross(units[0], units[1])
    across /= np.linalg.norm(across)
    half = TETRAHEDRAL / 2
    return [np.cos(half) * bisector + sign * np.sin(half) * across for sign in (1.0, -1.0)]


def _in_plane(axis: NDArray[np.float64], beyond: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Two directions at 120 degrees from `axis`, in the plane of what the neighbour is bonded to."""
    side = next((v - (v @ axis) * axis for v in beyond if np.linalg.norm(np.cross(v, axis)) > 0.1), None)
    side = _perpendicular(axis) if side is None else side / np.linalg.norm(side)
    return [-0.5 * axis + sign * np.sqrt(0.75) * side for sign in (1.0, -1.0)]


def _perpendicular(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    helper = np.eye(3)[int(np.abs(axis).argmin())]
    side = helper - (helper @ axis) * axis
    return side / np.linalg.norm(side)
