"""What tells relatives of one cluster apart, as numbers: which elements lie how far from which metals.

Every pair of a metal and another heavy atom adds a Gaussian to the shells of its two elements, as in the radial
functions of Behler and Parrinello (Phys. Rev. Lett. 2007, 98, 146401, 10.1103/PhysRevLett.98.146401), summed over the
cluster. Isomers differ by which metals are neighbours, so that these see what a composition does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.structure.cluster import Cluster

SHELLS = np.arange(2.0, 8.01, 0.5)
"""Centres of the shells, angstrom."""
WIDTH = 0.25
"""Standard deviation of each, angstrom: half of what lies between two of them."""
_SMALLEST_SPREAD = 1e-6


def pair_shells(cluster: Cluster) -> dict[str, float]:
    """Numbers of atoms by element, charge, and pairs by elements and shell: ``"Ag-Au 3.0"``.

    Hydrogens enter by their number only.

    >>> pair = Cluster(numbers=[79, 47], positions=[[0, 0, 0], [3.0, 0, 0]], charge=0)
    >>> found = pair_shells(pair)
    >>> found["Ag"], found["Ag-Au 3.0"], round(found["Ag-Au 3.5"], 3)
    (1.0, 1.0, 0.135)
    """
    found = {symbol: float(count) for symbol, count in cluster.composition.items()}
    found["charge"] = float(cluster.charge or 0)
    heavy = np.flatnonzero(cluster.numbers > 1)
    numbers, metal = cluster.numbers[heavy], is_metal(cluster.numbers[heavy])
    positions = cluster.positions[heavy]
    distance = np.linalg.norm(positions[metal][:, None] - positions[None], axis=2)
    # A pair of two metals is met from either side; of itself an atom is no neighbour.
    weight = np.where(metal, 0.5, 1.0)[None] * (distance > 0.0)
    near = distance < SHELLS[-1] + 4 * WIDTH
    first, second = np.nonzero(near & (weight > 0.0))
    share = weight[first, second, None] * np.exp(-0.5 * ((distance[first, second, None] - SHELLS) / WIDTH) ** 2)
    ends = np.sort(np.stack([numbers[metal][first], numbers[second]]), axis=0)
    kinds, member = np.unique(ends, axis=1, return_inverse=True)
    sums = np.zeros((kinds.shape[1], len(SHELLS)))
    np.add.at(sums, np.ravel(member), share)
    for (a, b), shells in zip(kinds.T.tolist(), sums, strict=True):
        pair = "-".join(sorted((SYMBOLS[a], SYMBOLS[b])))
        found |= {f"{pair} {centre:.1f}": value for centre, value in zip(SHELLS, shells.tolist(), strict=True)}
    return found


def standardised(rows: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    """Rows as a matrix (N, D) whose columns have mean 0 and deviation 1; what is the same for all is left out."""
    names = {name: column for column, name in enumerate(sorted(set().union(*rows)))}
    matrix = np.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        matrix[number, [names[name] for name in row]] = list(row.values())
    spread = matrix.std(axis=0)
    told = spread > _SMALLEST_SPREAD
    return (matrix[:, told] - matrix[:, told].mean(axis=0)) / spread[told]
