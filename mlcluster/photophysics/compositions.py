"""Unknown clusters: which numbers of metals and ligands have the mass of a peak, and which of them are likely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlcluster.chem.elements import CLOSED_SHELLS, METAL_VALENCE
from mlcluster.chem.formula import parse_formula
from mlcluster.chem.ligands import find_ligand
from mlcluster.errors import InputError
from mlcluster.photophysics.ions import charge_text
from mlcluster.photophysics.isotopes import Envelope, isotope_envelope
from mlcluster.photophysics.mass_spectrum import ELECTRON_MASS, mass_to_charge

ASSEMBLED = (4, 6, 14, 16, 22, 24, 32)
"""Electrons of superatoms in contact: 2 x 2, 3 x 2, 2 x 8 less a bond, 2 x 8, 3 x 8 less a bond, 3 x 8, 4 x 8
(Cheng et al., J. Phys. Chem. Lett. 2013, 4, 3186, 10.1021/jz401739j)."""

MOST_METALS = 150
_MOST_TRIED = 20_000_000
_MOST_KEPT = 4000
_APEX_FROM_AVERAGE = 2.5


@dataclass(frozen=True)
class Composition:
    """One composition: how it is written, its charge, electrons, envelope, ppm from the peak, and why it is likely."""

    formula: str
    charge: int
    electrons: int
    envelope: Envelope
    ppm: float
    shell: str


def enumerate_compositions(
    mz: float,
    charge: int,
    metals: Sequence[str],
    ligands: Sequence[str],
    *,
    ppm: float = 10.0,
    resolving_power: float = 20_000.0,
) -> list[Composition]:
    """Compositions M_m L_l whose tallest peak lies at an m/z, the likeliest first.

    Kept are those with electrons left for the metal (metal valences less anionic ligands less charge: none negative)
    and no more neutral ligands than metals. A closed shell of a sphere comes first, then superatoms in contact, other
    even numbers and odd ones; within each, the smallest deviation.

    Parameters
    ----------
    mz
        Tallest peak.
    charge
        Charge of the ion.
    metals, ligands
        What it may hold, by symbol and by abbreviation of `mlcluster.chem.ligands`.
    ppm
        Largest deviation of the tallest peak.

    Raises
    ------
    InputError
        If a metal or ligand is unknown, or there are too many combinations.
    """
    if not (mz > 0 and charge):
        raise InputError("an ion has an m/z and a charge.", found=f"m/z {mz:g}, charge {charge}")
    if not metals:
        raise InputError("name the metals the cluster may hold.", expected="as in Au,Ag")
    for metal in metals:
        if metal not in METAL_VALENCE:
            raise InputError(
                "no electron count is known for this metal.", found=metal, expected=", ".join(METAL_VALENCE)
            )
    found = [find_ligand(name) for name in ligands]
    for ligand in found:
        if ligand.elements is None:
            raise InputError("a mass needs a ligand that is one substance.", found=ligand.abbreviation)
    mass = mz * abs(charge) + charge * ELECTRON_MASS
    names = [*metals, *(ligand.abbreviation for ligand in found)]
    atoms = [dict(parse_formula(metal)[0]) for metal in metals] + [dict(ligand.elements or {}) for ligand in found]
    masses = np.array([mass_to_charge(a, 1) + ELECTRON_MASS for a in atoms])
    electrons = np.array([METAL_VALENCE[metal] for metal in metals] + [ligand.charge for ligand in found])
    rows = []
    for counts in _counts(mass, masses, len(metals), electrons, charge, names):
        composition: dict[str, int] = {}
        for number, held in zip(counts, atoms, strict=True):
            for element, n in held.items():
                composition[element] = composition.get(element, 0) + int(n) * number
        envelope = isotope_envelope({e: n for e, n in composition.items() if n}, charge, resolving_power)
        off = (mz - envelope.apex_mz) / envelope.apex_mz * 1e6
        if abs(off) <= ppm:
            left = int(np.dot(counts, electrons)) - charge
            rows.append(
                Composition(_written(names, counts, len(metals), charge), charge, left, envelope, off, _shell(left))
            )
    order = ("closed shell", "superatoms in contact", "even", "odd")
    return sorted(rows, key=lambda row: (order.index(row.shell), abs(row.ppm)))


def _counts(
    mass: float, masses: np.ndarray, n_metals: int, electrons: np.ndarray, charge: int, names: Sequence[str]
) -> list[tuple[int, ...]]:
    """Numbers of each part whose average mass is near enough, those nearest first."""
    limits = [min(int((mass + 5) / m), MOST_METALS) for m in masses]
    if np.prod([limit + 1.0 for limit in limits[:-1]]) > _MOST_TRIED:
        raise InputError(
            "too many combinations to try.", found=", ".join(names), hint="Leave out metals or ligands that cannot be."
        )
    axes = np.meshgrid(*(np.arange(limit + 1) for limit in limits[:-1]), indexing="ij")
    first = np.stack([axis.ravel() for axis in axes], axis=1) if axes else np.zeros((1, 0), dtype=int)
    rest = mass - first @ masses[:-1]
    last = np.rint(rest / masses[-1]).astype(int)
    counts = np.column_stack([first, last])
    off = np.abs(rest - last * masses[-1])
    of_metal = counts[:, :n_metals].sum(axis=1)
    neutral = counts[:, n_metals:][:, electrons[n_metals:] == 0].sum(axis=1)
    left = counts @ electrons - charge
    keep = (last >= 0) & (off < _APEX_FROM_AVERAGE) & (of_metal > 0) & (left >= 0) & (neutral <= of_metal)
    order = np.argsort(off[keep], kind="stable")[:_MOST_KEPT]
    return [tuple(row) for row in counts[keep][order].tolist()]


def _shell(electrons: int) -> str:
    if electrons in CLOSED_SHELLS:
        return "closed shell"
    if electrons in ASSEMBLED:
        return "superatoms in contact"
    return "odd" if electrons % 2 else "even"


def _written(names: Sequence[str], counts: Sequence[int], n_metals: int, charge: int) -> str:
    parts = []
    for place, (name, count) in enumerate(zip(names, counts, strict=True)):
        if count:
            bare = place < n_metals or name in {"F", "Cl", "Br", "I", "H"}
            parts.append(f"{name if bare else f'({name})'}{count if count > 1 else ''}")
    return f"[{''.join(parts)}]{charge_text(charge)}"
