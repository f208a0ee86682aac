"""Superatom electron count: metal valences less anionic ligands less charge, with every term shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlcluster.anatomy.ligands import Ligand, find_ligands
from mlcluster.chem.elements import CLUSTER_METALS, METAL_VALENCE, SYMBOLS, is_metal
from mlcluster.geometry.bonds import Bonds, cluster_bonds
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True)
class ElectronCount:
    """Number of delocalised valence electrons of a cluster.

    Parameters
    ----------
    count
        The number, or None when it is unknown, ambiguous or not applicable.
    low, high
        Its bounds when only ligands are ambiguous; both None when the charge is unknown or nothing applies.
    terms
        What each contribution is, signed: metals, ligands by kind, charge.
    note
        Why there is no single number, or the convention used; empty when plain.
    """

    count: int | None
    low: int | None
    high: int | None
    terms: dict[str, int]
    note: str

    def to_dict(self) -> dict[str, object]:
        """Keys as in the command line's JSON."""
        return {"count": self.count, "low": self.low, "high": self.high, "terms": self.terms, "note": self.note}


def superatom_electrons(
    cluster: Cluster, ligands: Sequence[Ligand] | None = None, bonds: Bonds | None = None
) -> ElectronCount:
    """Superatom electrons n = sum of metal valences - anionic ligands - charge.

    After Walter et al., PNAS 2008, 105, 9157 (10.1073/pnas.0801001105). Hydrides count as anionic ligands. Not
    applicable without at least two bonded metals of this field.

    Parameters
    ----------
    ligands, bonds
        Ligands and bonds of the cluster where they are known already.

    Examples
    --------
    [Au25(SR)18]-: 25 - 18 + 1 = 8; [Au13Ag12(PPh3)10Cl8]+: 25 - 8 - 1 = 16.
    """
    metals = cluster.numbers[is_metal(cluster.numbers)]
    strange = sorted({SYMBOLS[z] for z in metals if z not in CLUSTER_METALS})
    if metals.size < 2 or strange:
        reason = f"holds {', '.join(strange)}" if strange else "fewer than two metals"
        return ElectronCount(None, None, None, {}, f"not applicable: {reason}")
    bonds = bonds if bonds is not None else cluster_bonds(cluster.numbers, cluster.positions)
    if not (is_metal(cluster.numbers[bonds.first]) & is_metal(cluster.numbers[bonds.second])).any():
        return ElectronCount(None, None, None, {}, "not applicable: no metal-metal contact")
    ligands = ligands if ligands is not None else find_ligands(cluster, bonds)
    terms: dict[str, int] = {}
    for z in np.unique(metals):
        symbol = SYMBOLS[z]
        terms[symbol] = int((metals == z).sum()) * METAL_VALENCE[symbol]
    ambiguous = sorted({ligand.kind for ligand in ligands if ligand.charge[0] != ligand.charge[1]})
    for ligand in ligands:
        if ligand.charge[1]:
            terms[ligand.kind] = terms.get(ligand.kind, 0) + ligand.charge[1]
    highest = sum(terms.values())
    lowest = highest + sum(ligand.charge[0] - ligand.charge[1] for ligand in ligands)
    if cluster.charge is None:
        span = f"{highest}" if lowest == highest else f"{lowest} to {highest}"
        return ElectronCount(None, None, None, terms, f"charge unknown: {span} less the charge")
    terms["charge"] = -cluster.charge
    low, high = lowest - cluster.charge, highest - cluster.charge
    note = f"formal charge of {', '.join(ambiguous)} is ambiguous: {low} to {high}" if low != high else ""
    return ElectronCount(high if low == high else None, low, high, terms, note)
