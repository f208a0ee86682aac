"""A few dozen fixed numbers that describe a structure, for baselines that learn without a network."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import COVALENT_RADIUS, NUMBERS, is_metal
from mlcluster.data.labelled import LabelledCluster
from mlcluster.geometry.bonds import Bonds, cluster_bonds

ELEMENTS = tuple(NUMBERS[symbol] for symbol in "H C N O F P S Cl Se Br I Cr Mn Fe Co Cu Pd Ag Cd Pt Au Hg".split())
"""Elements whose fractions are descriptors; others count as metal or not, no more."""

METAL_NEIGHBOURS = (0, 1, 4, 7, 10, 12)
"""Lower edges of the classes of metal neighbours of a metal; the last is open."""

SHELLS = np.linspace(2.5, 10.0, 11)
"""Centres of the radial distribution of metal pairs, angstrom, each a Gaussian as wide as they lie apart."""

N_DESCRIPTORS = len(ELEMENTS) + 7 + 6 + len(METAL_NEIGHBOURS) + 4 + len(SHELLS) + 3
"""D: composition; sizes and states; bond lengths, coordination and bridges; metal pairs; shape."""

_KNOWN: WeakKeyDictionary[LabelledCluster, NDArray[np.float64]] = WeakKeyDictionary()


def structural_descriptors(items: Sequence[LabelledCluster]) -> NDArray[np.float64]:
    """Describe entries by composition, charge, bonds, coordination, radial distribution and shape; (N, D).

    Each is made once: baselines are fitted many times to the same entries. An unknown charge or multiplicity enters
    as 0 with a flag of its own.
    """
    for item in items:
        if item not in _KNOWN:
            cluster = item.cluster
            _KNOWN[item] = describe_structure(cluster.numbers, cluster.positions, cluster.charge, cluster.multiplicity)
    return np.stack([_KNOWN[item] for item in items])


def describe_structure(
    z: NDArray[np.int64], positions: NDArray[np.float64], charge: float | None, multiplicity: float | None
) -> NDArray[np.float64]:
    """The same, (D,), of atomic numbers (N,), positions (N, 3) in angstrom and states that may be unknown."""
    metal = is_metal(z)
    n_metals = max(int(metal.sum()), 1)
    bonds = cluster_bonds(z, positions)
    states = [
        (charge or 0) / n_metals,
        float(charge is None),
        0.0 if multiplicity is None else multiplicity - 1.0,
        float(multiplicity is None),
    ]
    composition = [float((z == element).mean()) for element in ELEMENTS]
    sizes = [np.log(len(z)), np.log(n_metals), float(metal.mean())]
    core = positions[metal] if metal.any() else positions
    return np.array([*composition, *sizes, *states, *_bonding(z, metal, bonds), *_pairs(core), *_shape(core)])


def _bonding(z: NDArray[np.int64], metal: NDArray[np.bool_], bonds: Bonds) -> list[float]:
    """Bonds a metal and their lengths over the sum of covalent radii, then classes of coordination, as shares."""
    reduced = bonds.distance / (_RADIUS[z[bonds.first]] + _RADIUS[z[bonds.second]])
    n_metals = max(int(metal.sum()), 1)
    found = []
    for partner in (metal, ~metal):
        chosen = metal[bonds.first] & partner[bonds.second]
        lengths = reduced[chosen]
        found += [len(lengths) / n_metals, lengths.mean(), lengths.std()] if len(lengths) else [0.0, 1.0, 0.0]
    between = metal[bonds.first] & metal[bonds.second]
    neighbours = np.bincount(bonds.first[between], minlength=len(z))[metal]
    donating = ~metal[bonds.first] & metal[bonds.second]
    bridged = np.bincount(bonds.first[donating], minlength=len(z))
    bridged = bridged[bridged > 0]
    edges = [*METAL_NEIGHBOURS, np.inf]
    found += (np.histogram(neighbours, edges)[0] / n_metals).tolist()
    return found + [float((bridged == count).sum()) / n_metals for count in (1, 2, 3, 4)]


def _pairs(core: NDArray[np.float64]) -> list[float]:
    """Radial distribution of the metals: pairs a metal in each shell, over the volume of the shell."""
    distance = np.linalg.norm(core[:, None] - core[None], axis=2)[np.triu_indices(len(core), 1)]
    width = SHELLS[1] - SHELLS[0]
    weight = np.exp(-0.5 * ((distance[:, None] - SHELLS) / width) ** 2).sum(axis=0)
    return (2.0 * weight / (len(core) * SHELLS**2)).tolist()


def _shape(core: NDArray[np.float64]) -> list[float]:
    """Radius of gyration over the cube root of the count, and how flat and how long the core is."""
    centred = core - core.mean(axis=0)
    moments = np.linalg.eigvalsh(centred.T @ centred / len(core))
    total = max(float(moments.sum()), 1e-12)
    return [float(np.sqrt(total)) / len(core) ** (1 / 3), float(moments[0]) / total, float(moments[2]) / total]


_RADIUS = np.pad(np.asarray(COVALENT_RADIUS, dtype=np.float64), (0, 200 - len(COVALENT_RADIUS)), constant_values=1.7)
