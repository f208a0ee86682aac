"""Integrals of GFN1-xTB between two atoms at any distance, tabulated from GFN1-xTB itself.

Overlap and core Hamiltonian of a cluster are sums over pairs of atoms, so tables of pairs give them without a
calculation (Slater, Koster, Phys. Rev. 1954, 94, 1498, 10.1103/PhysRev.94.1498). The tables of the elements of ligand-
protected clusters come with the package (`experiments/hamiltonian/pair_tables.py` wrote them); those of others are made
when they are asked for, a third of a second each.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcluster.electronic.calculation import CalculationError, Refusal
from mlcluster.electronic.tight_binding import engine
from mlcluster.structure.cluster import Cluster
from mlcluster.units import HARTREE_EV

Array = NDArray[np.float64]

SHORTEST, LONGEST, STEP = 0.4, 11.2, 0.075
"""Distances of the tables, angstrom; shorter ones count as the shortest. Beyond them coinage metals and ligands have no
overlap above 0.00001, and none is counted: that of two sodium or caesium atoms, 0.02 or 0.04, is left out."""
FILE = "pair_tables.npz"


class Element(NamedTuple):
    """What GFN1-xTB knows of an element.

    Attributes
    ----------
    momenta
        Angular momentum of each shell, in the order of the orbitals.
    energies_ev
        Of the shells of an atom without neighbours.
    electrons
        Of the valence shells.
    """

    momenta: tuple[int, ...]
    energies_ev: tuple[float, ...]
    electrons: int


class PairTable(NamedTuple):
    """Integrals between two atoms, the second on the z axis of the first, at the distances of `distances`.

    Attributes
    ----------
    overlap, scale
        For each pair of shells and each m from 0 to the smaller momentum the overlap, and the core Hamiltonian over the
        mean of the energies of both shells, (D, K); in the order of `columns`.
    first, second
        What the other atom adds to the energy of each shell, eV, (D, S).
    """

    overlap: Array
    scale: Array
    first: Array
    second: Array


def distances() -> Array:
    """Distances of the rows of a table, angstrom, (D,)."""
    return np.arange(SHORTEST, LONGEST + STEP / 2, STEP)


def columns(first: Element, second: Element) -> list[tuple[int, int, int]]:
    """Shell of the first, shell of the second element and m of each column of a table."""
    return [
        (a, b, m)
        for a, one in enumerate(first.momenta)
        for b, other in enumerate(second.momenta)
        for m in range(min(one, other) + 1)
    ]


@cache
def element(number: int) -> Element:
    """What GFN1-xTB knows of an element, by its atomic number.

    Raises
    ------
    CalculationError
        If it has no parameters.
    """
    facts = _integrals(number, number, FAR)
    half = len(facts.momenta) // 2
    energies = np.diag(facts.core)[facts.first_of[:half]] * HARTREE_EV
    return Element(tuple(facts.momenta[:half].tolist()), tuple(energies.tolist()), facts.electrons // 2)


@cache
def pair_table(first: int, second: int) -> PairTable:
    """Table of two elements, of which the first has the smaller atomic number or the same.

    Raises
    ------
    CalculationError
        If one of them has no parameters.
    """
    kept = _bundled().get(f"{first}-{second}")
    return made_table(first, second) if kept is None else _unpacked(kept.astype(np.float64), first, second)


def made_table(first: int, second: int) -> PairTable:
    """The table, calculated anew."""
    one, other = element(first), element(second)
    wanted, shells = columns(one, other), len(one.momenta)
    rows = []
    for distance in distances():
        facts = _integrals(first, second, float(distance))
        start = facts.first_of
        own = np.diag(facts.core)[start] * HARTREE_EV
        overlap, scale = np.zeros(len(wanted)), np.zeros(len(wanted))
        for column, (a, b, m) in enumerate(wanted):
            # Orbitals of a shell run from m = -l to l.
            place = start[a] + one.momenta[a] + m, start[shells + b] + other.momenta[b] + m
            overlap[column] = facts.overlap[place]
            scale[column] = facts.core[place] * HARTREE_EV / (0.5 * (own[a] + own[shells + b]))
        free = np.array([*one.energies_ev, *other.energies_ev])
        rows.append(np.concatenate([overlap, scale, own - free]))
    return _unpacked(np.array(rows), first, second)


def packed(table: PairTable) -> NDArray[np.float32]:
    """A table as one array, (D, 2 K + S)."""
    return np.concatenate(table, axis=1).astype(np.float32)


def _unpacked(values: Array, first: int, second: int) -> PairTable:
    one, other = element(first), element(second)
    n = len(columns(one, other))
    parts = np.split(values, np.cumsum([n, n, len(one.momenta)]), axis=1)
    return PairTable(*parts)


@cache
def _bundled() -> dict[str, NDArray[np.float32]]:
    with resources.files("mlcluster.electronic").joinpath(FILE).open("rb") as file, np.load(file) as found:
        return {name: found[name] for name in found.files}


FAR = 50.0
"""Distance at which atoms know nothing of each other, angstrom."""


class _Integrals(NamedTuple):
    core: Array
    overlap: Array
    first_of: NDArray[np.int64]
    momenta: NDArray[np.int64]
    electrons: int


def _integrals(first: int, second: int, distance: float) -> _Integrals:
    """Matrices of a pair, hartree and 1, with first orbital and angular momentum of each shell."""
    from tblite.interface import Result

    pair = Cluster(numbers=np.array([first, second]), positions=np.array([[0.0, 0, 0], [0, 0, distance]]), charge=0)
    made = engine(pair, "GFN1-xTB", 0)
    made.set("save-integrals", 1)
    made.set("max-iter", 1)
    result = Result()
    try:
        made.singlepoint(result)
    except RuntimeError:
        pass  # one cycle does not converge; the integrals are there
    shell_of = np.asarray(made.get("orbital-map"), dtype=np.int64)
    momenta = np.asarray(made.get("angular-momenta"), dtype=np.int64)
    found = _Integrals(
        core=np.asarray(result.get("hamiltonian-matrix")),
        overlap=np.asarray(result.get("overlap-matrix")),
        first_of=np.searchsorted(shell_of, np.arange(len(momenta))),
        momenta=momenta,
        electrons=round(float(np.asarray(result.get("orbital-occupations")).sum())),
    )
    if momenta.max() > 2:
        raise CalculationError("shells beyond d are not known.", refusal=Refusal.elements, found=f"{first}-{second}")
    return found
