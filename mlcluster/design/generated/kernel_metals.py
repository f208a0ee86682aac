"""Metals on the points of a kernel: which element where, relaxed with effective-medium theory, scaled to real contacts.

Effective-medium theory: Jacobsen, Stoltze, Norskov, Surf. Sci. 1996, 366, 394 (10.1016/0039-6028(96)00816-3), as ASE
has it. It is cheap and knows Cu, Ag, Au and Pd; bare clusters come out contracted, so contacts are scaled then.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.generated.metal_cuts import CONTACT as TOUCHING
from mlcluster.errors import StructureError

CONTACTS = {"Au": 2.82, "Ag": 2.87, "Cu": 2.58, "Pd": 2.75}
"""Distance between touching metals in protected clusters, angstrom; of two elements the mean."""
STEPS, LARGEST_FORCE = 40, 0.1
SHORTEST = 0.86
"""Shortest distance of two metals in a kernel that is kept, as a share of the contact of their elements."""
FEWEST_NEIGHBOURS = 2
_HOPPING_DECAY, _HOPPING_REACH = 3.0, 1.8


class Kernel(NamedTuple):
    """Metal symbols (M,) and positions (M, 3) in angstrom, middle at the origin."""

    symbols: tuple[str, ...]
    positions: NDArray[np.float64]


def contact(first: str, second: str) -> float:
    """Contact of two elements, angstrom."""
    return (CONTACTS[first] + CONTACTS[second]) / 2


def place_metals(
    points: NDArray[np.float64], host: str, guest: str, share: float, rng: np.random.Generator
) -> tuple[str, ...]:
    """Elements of the points of a kernel.

    Parameters
    ----------
    points
        (M, 3), middle at the origin.
    host, guest
        Elements; without a guest all are of the host.
    share
        Of the guest. Palladium goes to the middle (one atom), others to random places.
    rng
        Draws the places.
    """
    size = len(points)
    symbols = [host] * size
    if guest == "Pd":
        symbols[int(np.argmin(np.linalg.norm(points, axis=1)))] = guest
    elif guest:
        for place in rng.permutation(size)[: max(1, round(share * size))]:
            symbols[int(place)] = guest
    return tuple(symbols)


def relaxed_kernel(points: NDArray[np.float64], symbols: Sequence[str]) -> Kernel:
    """Kernel with distances as in protected clusters.

    Parameters
    ----------
    points
        (M, 3) in units of the contact.
    symbols
        Element of each.

    Raises
    ------
    StructureError
        If atoms end too close to each other, or one is left with too few neighbours.
    """
    from ase import Atoms
    from ase.calculators.emt import EMT
    from ase.optimize import FIRE

    wanted = np.array([[contact(a, b) for b in symbols] for a in symbols])
    atoms = Atoms(list(symbols), positions=points * float(np.mean([CONTACTS[s] for s in symbols])))
    atoms.calc = EMT()
    FIRE(atoms, logfile=os.devnull, maxstep=0.1).run(fmax=LARGEST_FORCE, steps=STEPS)
    positions = atoms.get_positions() - atoms.get_positions().mean(axis=0)
    ratio = _ratios(positions, wanted)
    positions = positions / float(ratio[ratio < TOUCHING].mean())
    ratio = _ratios(positions, wanted)
    if ratio.min() < SHORTEST:
        raise StructureError(
            "metals of a kernel too close.", found=f"{ratio.min():.2f} of a contact", expected=SHORTEST
        )
    if (ratio < TOUCHING).sum(axis=1).min() < FEWEST_NEIGHBOURS:
        raise StructureError("a metal of a kernel has too few neighbours.", expected=f"at least {FEWEST_NEIGHBOURS}")
    return Kernel(tuple(symbols), positions)


def frontier_gap(kernel: Kernel, electrons: int) -> float:
    """Gap of a Hückel model of the kernel: which counts its shape closes, told in a millisecond.

    One s orbital an atom, hopping exp(-3 (d / contact - 1)) up to 1.8 contacts (Wang, George, Lindsay, Beri, J. Chem.
    Phys. 1987, 86, 3493, with distances). Ligands count by the electrons they take alone.

    Parameters
    ----------
    kernel
        The metals.
    electrons
        Superatom electrons.

    Returns
    -------
    float
        In units of the hopping between touching metals; infinite where no orbital is filled or none is empty.
    """
    wanted = np.array([[contact(a, b) for b in kernel.symbols] for a in kernel.symbols])
    ratio = _ratios(kernel.positions, wanted)
    hopping = np.where(ratio < _HOPPING_REACH, np.exp(-_HOPPING_DECAY * (np.minimum(ratio, 10.0) - 1)), 0.0)
    levels, filled = np.linalg.eigvalsh(-hopping), electrons // 2
    return float(levels[filled] - levels[filled - 1]) if 0 < filled < len(levels) else float("inf")


def _ratios(positions: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (M, M) over contacts; infinite on the diagonal."""
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=-1) / wanted
    np.fill_diagonal(distance, np.inf)
    return distance
