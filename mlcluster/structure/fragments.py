"""Bonds across cell faces -> whole, unwrapped fragments, each named where it is a known ion or solvent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.chem.species import Species, recognise, skeleton
from mlcluster.errors import StructureError
from mlcluster.geometry.bonds import Bonds


@dataclass(frozen=True, eq=False)
class Fragment:
    """Atoms joined by bonds, moved together across cell faces.

    Parameters
    ----------
    atoms
        Indices into the arrays the fragment was found in, ascending, (m,).
    numbers, positions
        Atomic numbers (m,) and unwrapped coordinates (m, 3), angstrom.
    heavy_neighbours
        Bonds of each atom to atoms other than hydrogen, (m,).
    endless
        Two atoms whose bond closes a loop through a cell face, when the fragment is a chain, layer or net.
    """

    atoms: NDArray[np.int64]
    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    heavy_neighbours: NDArray[np.int64]
    endless: tuple[int, int] | None

    @cached_property
    def counts(self) -> dict[str, int]:
        """Atoms of each element."""
        elements, counts = np.unique(self.numbers, return_counts=True)
        return {SYMBOLS[z]: int(n) for z, n in zip(elements, counts, strict=True)}

    @cached_property
    def formula(self) -> str:
        """Hill formula."""
        return hill_formula(self.counts)

    @cached_property
    def n_metals(self) -> int:
        """Metal centres."""
        return int(is_metal(self.numbers).sum())

    @cached_property
    def species(self) -> tuple[Species, bool] | None:
        """Known ion or solvent, with whether its hydrogens agree."""
        heavy = self.numbers != 1
        symbols = [SYMBOLS[z] for z in self.numbers[heavy]]
        return recognise(self.counts, skeleton(symbols, self.heavy_neighbours[heavy].tolist()))


def find_fragments(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], cell: NDArray[np.float64] | None, bonds: Bonds
) -> list[Fragment]:
    """Connected fragments in the order of their first atom.

    Parameters
    ----------
    numbers, positions
        Atomic numbers (N,) and coordinates (N, 3), angstrom.
    cell
        Lattice vectors as rows, or None.
    bonds
        Bonds among these atoms with the lattice translation of the second atom.
    """
    n = len(numbers)
    graph = coo_array((np.ones(len(bonds.first), dtype=bool), (bonds.first, bonds.second)), shape=(n, n))
    count, label = connected_components(graph, directed=False)
    offset = _offsets(n, label, count, bonds)
    broken = (offset[bonds.first] + bonds.shift != offset[bonds.second]).any(axis=1)
    closing = {int(label[bonds.first[k]]): (int(bonds.first[k]), int(bonds.second[k])) for k in np.flatnonzero(broken)}
    whole = positions if cell is None else positions + offset @ cell
    heavy = np.bincount(bonds.first, weights=numbers[bonds.second] != 1, minlength=n).astype(np.int64)
    order = np.argsort(label, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    fragments = []
    for k, atoms in enumerate(members):
        place = whole[atoms]
        if cell is not None:
            place = place - np.floor(place.mean(axis=0) @ np.linalg.inv(cell) + 1e-6) @ cell
        fragments.append(Fragment(atoms, numbers[atoms], place, heavy[atoms], closing.get(k)))
    return fragments


def _offsets(n: int, label: NDArray, count: int, bonds: Bonds) -> NDArray[np.int64]:
    """Whole-cell translation of each atom that puts it beside its bonded neighbours, spreading bond by bond."""
    offset = np.zeros((n, 3), dtype=np.int64)
    if not bonds.shift.any():
        return offset
    known = np.zeros(n, dtype=bool)
    roots = np.full(count, n)
    np.minimum.at(roots, label, np.arange(n))
    known[roots] = True
    while True:
        front = np.flatnonzero(known[bonds.first] & ~known[bonds.second])
        if not front.size:
            return offset
        reached, pick = np.unique(bonds.second[front], return_index=True)
        via = front[pick]
        offset[reached] = offset[bonds.first[via]] + bonds.shift[via]
        known[reached] = True


def bonds_within(fragment: Fragment, bonds: Bonds) -> Bonds:
    """Bonds of one fragment, renumbered to its own atoms."""
    inside = np.isin(bonds.first, fragment.atoms)
    local = np.searchsorted(fragment.atoms, [bonds.first[inside], bonds.second[inside]])
    return Bonds(local[0], local[1], bonds.shift[inside], bonds.distance[inside])


def refuse_endless(fragment: Fragment, labels: Sequence[str]) -> None:
    """Refuse metals that belong to a chain, layer or net.

    Parameters
    ----------
    labels
        Site label of each atom the fragment indexes.

    Raises
    ------
    StructureError
        If a bond of the fragment closes a loop through the cell.
    """
    if fragment.endless is None:
        return
    a, b = (labels[i] for i in fragment.endless)
    raise StructureError(
        "the metals belong to an endless chain, layer or net, not to a finite cluster.",
        site=a,
        found=f"a bond from {a} to an image of {b} closes a loop through the cell; unit {fragment.formula}",
        expected="finite clusters",
        hint="If that contact is no bond, cut out the cluster in a crystal viewer and save it as XYZ.",
    )
