"""Superatom electron count: metal valences less anionic ligands less charge, with every term shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mlcluster.chem.elements import CLOSED_SHELLS, CLUSTER_METALS, METAL_VALENCE, SYMBOLS

if TYPE_CHECKING:
    from mlcluster.anatomy.anatomy import Anatomy

CHARGES = (-3, 4)
"""Charges that ligand-protected clusters of these metals have been isolated with: the range of the literature table."""


@dataclass(frozen=True)
class ElectronCount:
    """Number of delocalised valence electrons of a cluster.

    Parameters
    ----------
    count
        The number, or None when it is unknown, ambiguous or not applicable. Hydrides count as anionic ligands.
    low, high
        Its bounds where ligands are ambiguous or the charge is unknown (`CHARGES`); both None where nothing applies.
    terms
        What each contribution is, signed: metals, ligands by kind, charge.
    note
        Why there is no single number, or the convention used; empty when plain.
    conventions
        The count by each convention where two are in use and differ: a hydride as a ligand, H-, or as a metal that
        brings its electron; a chalcogen without carbon as thiolate or as sulfide. None where the charge is unknown.
    """

    count: int | None
    low: int | None
    high: int | None
    terms: dict[str, int]
    note: str
    conventions: dict[str, int | None] = field(default_factory=dict)


def superatom_electrons(anatomy: Anatomy) -> ElectronCount:
    """Superatom electrons n = sum of metal valences - anionic ligands - charge.

    After Walter et al., PNAS 2008, 105, 9157 (10.1073/pnas.0801001105). Hydrides count as anionic ligands, as in
    [Ag40(SR)24(PPh3)8H12]2+ with 2 electrons; by the other convention a hydride within the kernel brings its electron
    (PtHAg19 with 8, 10.1021/jacs.2c03715), so both counts are given. Not applicable without at least two bonded metals
    of this field.

    Examples
    --------
    [Au25(SR)18]-: 25 - 18 + 1 = 8; [Au13Ag12(PPh3)10Cl8]+: 25 - 8 - 1 = 16.
    """
    cluster, bonds, metal = anatomy.cluster, anatomy.bonds, anatomy.metal
    metals = cluster.numbers[metal]
    strange = sorted({SYMBOLS[z] for z in metals if z not in CLUSTER_METALS})
    if metals.size < 2 or strange:
        reason = f"holds {', '.join(strange)}" if strange else "fewer than two metals"
        return ElectronCount(None, None, None, {}, f"not applicable: {reason}")
    if not (metal[bonds.first] & metal[bonds.second]).any():
        return ElectronCount(None, None, None, {}, "not applicable: no metal-metal contact")
    ligands = anatomy.ligands
    terms: dict[str, int] = {}
    for z in np.unique(metals):
        symbol = SYMBOLS[z]
        terms[symbol] = int((metals == z).sum()) * METAL_VALENCE[symbol]
    for ligand in ligands:
        if ligand.charge[1]:
            terms[ligand.kind] = terms.get(ligand.kind, 0) + ligand.charge[1]
    ambiguous = Counter(ligand.kind for ligand in ligands if ligand.charge[0] != ligand.charge[1])
    high = sum(terms.values())
    low = high + sum(ligand.charge[0] - ligand.charge[1] for ligand in ligands)
    conventions = _conventions(terms, high, ambiguous, cluster.charge)
    if cluster.charge is None:
        span = f"{high}" if low == high else f"{low} to {high}"
        note = f"charge unknown: {span} less the charge, for charges of {CHARGES[0]} to +{CHARGES[1]}"
        return ElectronCount(None, low - CHARGES[1], high - CHARGES[0], terms, note, conventions)
    terms["charge"] = -cluster.charge
    low, high = low - cluster.charge, high - cluster.charge
    notes = []
    if low != high:
        notes.append(f"formal charge of {', '.join(sorted(ambiguous))} is ambiguous: {low} to {high}")
    if "hydride" in terms:
        notes.append("hydrides count as ligands, H-")
    return ElectronCount(high if low == high else None, low, high, terms, "; ".join(notes), conventions)


def shell_structure(count: int | None, units: int) -> str:
    """What a superatom count means: closed shells of one superatom, or of several in a superatomic molecule.

    Parameters
    ----------
    count
        Superatom electrons.
    units
        Fused icosahedra of the kernel, 0 or 1 where it is one body.

    Examples
    --------
    >>> shell_structure(16, 2)
    '2 x 8, a superatomic molecule'
    >>> shell_structure(8, 1)
    'closed superatom shell'
    >>> shell_structure(14, 2)
    ''
    """
    if count is None:
        return ""
    if units > 1 and count == 8 * units:
        return f"{units} x 8, a superatomic molecule"
    return "closed superatom shell" if units <= 1 and count in CLOSED_SHELLS else ""


def _conventions(
    terms: Mapping[str, int], high: int, ambiguous: Mapping[str, int], charge: int | None
) -> dict[str, int | None]:
    """The count by each convention, the choices for hydrides and for bare chalcogens combined."""
    counts = {"": high}
    if "hydride" in terms:
        counts = {"hydride as ligand": high, "hydride as metal": high - 2 * terms["hydride"]}
    for kind, number in ambiguous.items():
        if kind in _BARE:
            words = [(f"{kind} as {_BARE[kind][0]}", 0), (f"{kind} as {_BARE[kind][1]}", -number)]
            counts = {f"{a}, {b}".lstrip(", "): n + step for a, n in counts.items() for b, step in words}
    if set(counts) == {""}:
        return {}
    return {name: None if charge is None else n - charge for name, n in counts.items()}


_BARE = {
    "bare S": ("thiolate", "sulfide"),
    "bare Se": ("selenolate", "selenide"),
    "bare Te": ("tellurolate", "telluride"),
}
