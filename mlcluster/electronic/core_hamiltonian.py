r"""Frontier levels of a cluster whose atomic charges are known: GFN1-xTB with one diagonalisation.

GFN1-xTB finds its charges in cycles, each of which diagonalises the matrix

.. math:: F_{\mu\nu} = H_{\mu\nu} - \tfrac{1}{2} S_{\mu\nu} (V_\mu + V_\nu)

with the core Hamiltonian H, the overlaps S and the potential V that the charges make. Where something else gives the
charges there are no cycles. The potential on a shell s of atom A is taken as

.. math:: V_s = o_s + b_s q_A + \sum_{B \neq A} \frac{q_B}{\sqrt{R_{AB}^2 + \eta_{AB}^{-2}}},
          \qquad \eta_{AB} = 2 / (\eta_A^{-1} + \eta_B^{-1})

where GFN1-xTB itself resolves q by shells (Grimme, Bannwarth, Shushkov, J. Chem. Theory Comput. 2017, 13, 1989,
10.1021/acs.jctc.7b00118, equations 12 to 15). The constants lie in ``shell_potentials.csv``: hardness :math:`\eta` of
the ions of each element, offset and slope of each shell from clusters of three to five metals, which belong to no
family that is learned from or judged by, or from the ions; `experiments/hamiltonian` has how they were found.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.spatial.distance import pdist

from mlcluster.electronic.calculation import CalculationError, Refusal
from mlcluster.electronic.integrals import orbitals_of, overlap_and_core
from mlcluster.electronic.pair_tables import SHORTEST, element
from mlcluster.electronic.tight_binding import BOHR
from mlcluster.structure.cluster import Cluster
from mlcluster.units import HARTREE_EV

Array = NDArray[np.float64]

COULOMB_EV = HARTREE_EV * BOHR
"""Energy of two elementary charges at 1 angstrom, eV angstrom."""
MOST_ORBITALS = 4000
"""Orbitals beyond which no levels are given: theirs take a quarter of a minute of one core and a gigabyte."""
NEARLY = 0.03
"""Levels so near to the frontier one, eV, share in how it answers to a potential: of equal levels none is the one."""


class CoreHamiltonian(NamedTuple):
    """What does not depend on charges, of a cluster with N atoms and B orbitals.

    Attributes
    ----------
    core, overlap
        (B, B), eV and 1.
    atom
        Atom of each orbital, (B,).
    offset, slope
        Potential of each orbital without any charge, eV, and what a charge of its own atom adds to it, eV/e; (B,).
    coulomb
        Potential at each atom from a charge on each other one, eV/e, (N, N); 0 on the diagonal.
    filled
        Doubly filled orbitals: of an odd number of electrons the last one is left out.
    """

    core: Array
    overlap: Array
    atom: NDArray[np.int64]
    offset: Array
    slope: Array
    coulomb: Array
    filled: int


class Frontier(NamedTuple):
    """HOMO and LUMO, in this order.

    Attributes
    ----------
    levels_ev
        (2,).
    by_potential
        Change of each level with a potential on each atom, (N, 2), e: minus its population.
    by_charge
        Change with the charge of each atom, (N, 2), eV/e.
    """

    levels_ev: Array
    by_potential: Array
    by_charge: Array


def check_orbitals(cluster: Cluster) -> None:
    """Refuse a cluster that can have no levels, without the work of finding them.

    Raises
    ------
    CalculationError
        If an element has no parameters, the cluster is too large, atoms are too close, or there is no filled or no
        empty orbital.
    """
    site = cluster.name or None
    count = Counter(np.asarray(cluster.numbers).tolist())
    missing = sorted(count.keys() - _hardness().keys())
    if missing:
        raise CalculationError(
            "the levels of an element are not known.",
            refusal=Refusal.elements,
            site=site,
            found=f"atomic number {missing[0]}",
        )
    orbitals = sum(
        many * sum(2 * momentum + 1 for momentum in element(number).momenta) for number, many in count.items()
    )
    if orbitals > MOST_ORBITALS:
        raise CalculationError(
            "too large for its levels to be found.",
            refusal=Refusal.too_large,
            site=site,
            found=f"{orbitals} orbitals of {len(cluster)} capped atoms",
            expected=f"at most {MOST_ORBITALS}",
        )
    nearest = float(pdist(cluster.positions).min()) if len(cluster) > 1 else np.inf
    if nearest < SHORTEST:
        raise CalculationError(
            "atoms are too close for levels.",
            refusal=Refusal.unphysical,
            site=site,
            found=f"{nearest:.2f} angstrom",
            expected=f"at least {SHORTEST}",
            hint="Look at the structure: an atom may stand there twice.",
        )
    electrons = _electrons(cluster)
    if not 0 < electrons // 2 < orbitals:
        raise CalculationError(
            "there is no filled or no empty orbital.",
            site=site,
            found=f"{electrons} electrons",
            hint="Check the charge.",
        )


def core_hamiltonian(cluster: Cluster) -> CoreHamiltonian:
    """Integrals of a cluster; a charge that is unknown counts as 0.

    Raises
    ------
    CalculationError
        See `check_orbitals`.
    """
    check_orbitals(cluster)
    numbers = np.asarray(cluster.numbers)
    orbitals = orbitals_of(numbers)
    overlap, core = overlap_and_core(numbers, cluster.positions, orbitals)
    places = zip(numbers[orbitals.atom].tolist(), orbitals.shell.tolist(), strict=True)
    offset, slope = np.array([_constants()[place] for place in places]).T
    return CoreHamiltonian(
        core=core,
        overlap=overlap,
        atom=orbitals.atom,
        offset=offset,
        slope=slope,
        coulomb=coulomb(numbers, cluster.positions, _hardness()),
        filled=_electrons(cluster) // 2,
    )


def frontier(core: CoreHamiltonian, charges_e: Array, shifts_ev: Array | None = None) -> Frontier:
    """HOMO and LUMO where the charges, and where given further potentials, of the atoms are these, (N,) each."""
    on_atom = core.coulomb @ charges_e + (0.0 if shifts_ev is None else shifts_ev)
    potential = core.offset + core.slope * charges_e[core.atom] + on_atom[core.atom]
    matrix = core.core - 0.5 * core.overlap * (potential[:, None] + potential[None])
    size = len(matrix)
    first, last = max(core.filled - _BESIDE, 0), min(core.filled + _BESIDE - 1, size - 1)
    levels, vectors = eigh(matrix, core.overlap, subset_by_index=[first, last], check_finite=False)
    homo = core.filled - 1 - first
    population = vectors * (core.overlap @ vectors)
    shares = np.stack([_shared(levels, homo, slice(0, homo + 1)), _shared(levels, homo + 1, slice(homo + 1, None))], 1)
    of_orbital = population @ shares
    by_potential = np.zeros((len(charges_e), 2))
    own = np.zeros_like(by_potential)
    np.add.at(by_potential, core.atom, -of_orbital)
    np.add.at(own, core.atom, -of_orbital * core.slope[:, None])
    return Frontier(levels[[homo, homo + 1]], by_potential, own + core.coulomb @ by_potential)


_BESIDE = 6
"""Levels looked at on each side of the gap."""


def _shared(levels: Array, place: int, side: slice) -> Array:
    """Weights (levels,) of those of one side that are nearly equal to the frontier level of that side."""
    weights = np.zeros(len(levels))
    weights[side] = np.exp(-np.abs(levels[side] - levels[place]) / NEARLY)
    return weights / weights.sum()


def coulomb(numbers: NDArray[np.int64], positions: Array, hardness: Mapping[int, float]) -> Array:
    """Potential at each atom from a charge on each other one, eV/e, (N, N), for hardnesses in eV/e by element."""
    inverse = np.array([COULOMB_EV / hardness[int(number)] for number in numbers])  # angstrom
    reach = (inverse[:, None] + inverse[None]) / 2
    squared = ((positions[:, None] - positions[None]) ** 2).sum(axis=-1)
    found = COULOMB_EV / np.sqrt(squared + reach**2)
    np.fill_diagonal(found, 0.0)
    return found


def _electrons(cluster: Cluster) -> int:
    return sum(element(number).electrons for number in np.asarray(cluster.numbers).tolist()) - (cluster.charge or 0)


@cache
def _constants() -> dict[tuple[int, int], tuple[float, float]]:
    """Offset, eV, and slope, eV/e, by atomic number and number of the shell."""
    return {key: (offset, slope) for key, (offset, slope, _) in _table().items()}


@cache
def _hardness() -> dict[int, float]:
    return {number: hardness for (number, _), (_, _, hardness) in _table().items()}


@cache
def _table() -> dict[tuple[int, int], tuple[float, float, float]]:
    text = resources.files("mlcluster.electronic").joinpath("shell_potentials.csv").read_text(encoding="utf-8")
    return {
        (int(row["atomic_number"]), int(row["shell"])): (
            float(row["offset_ev"]),
            float(row["slope_ev"]),
            float(row["hardness_ev"]),
        )
        for row in csv.DictReader(text.splitlines())
    }
