"""What an electronic-structure calculation gives, when its gap may serve as a label, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mlcluster.errors import MlclusterError, StructureError
from mlcluster.structure.cluster import Cluster

LARGEST_LUMO_OCCUPATION = 0.02
"""Electrons in the LUMO at the electronic temperature; more means that the closed shell is the wrong picture."""
SMALLEST_GAP = 0.1
"""Gap in eV below which a closed-shell calculation says nothing reliable."""
LARGEST_ATOMIC_CHARGE = 3.0
"""Atomic charge in e beyond which the density converged to an unphysical state."""


class Refusal(StrEnum):
    """Kinds of reasons why a calculation gives nothing."""

    charge_unknown = "charge unknown"
    elements = "elements without parameters"
    too_large = "too large"
    not_converged = "not converged"
    open_shell = "open shell"
    unphysical = "unphysical state"


class CalculationError(MlclusterError):
    """A calculation did not converge or cannot treat this structure.

    Parameters
    ----------
    refusal
        Which kind of reason it is.
    """

    def __init__(self, what: str, *, refusal: Refusal | str = Refusal.not_converged, **fields: Any) -> None:
        self.refusal = Refusal(refusal)
        super().__init__(what, **fields)


@dataclass(frozen=True, kw_only=True)
class Calculation:
    """One converged calculation.

    Parameters
    ----------
    gap_ev, homo_ev, lumo_ev
        Orbital energies and their difference, eV; of an open shell those of the spin with the smaller gap.
    energy_ev
        Total energy, eV; comparable only within one method and composition.
    lumo_occupation
        Electrons in the LUMO (0 to 2); 0 for methods without electronic temperature.
    charges_e
        Mulliken charges, one an atom, e; empty where the basis makes them meaningless.
    orbitals
        Number of basis functions.
    engine
        Program, version and settings that matter.
    unpaired
        Number of unpaired electrons.
    dipole_debye
        Length of the dipole moment, debye, about the centre of nuclear charge for ions; None where not asked.
    levels_ev
        Levels around the gap in ascending order, as many empty as filled; empty where not asked.
    bond_orders
        Wiberg bond orders of at least `SMALLEST_BOND_ORDER` as (first atom, second atom, order), first < second.
    homo_on_metal, lumo_on_metal
        Mulliken share of the metals in the frontier orbitals, 0 to 1; None where not asked.
    """

    gap_ev: float
    homo_ev: float
    lumo_ev: float
    energy_ev: float
    lumo_occupation: float
    charges_e: tuple[float, ...]
    orbitals: int
    engine: str
    unpaired: int = 0
    dipole_debye: float | None = None
    levels_ev: tuple[float, ...] = ()
    bond_orders: tuple[tuple[int, int, float], ...] = ()
    homo_on_metal: float | None = None
    lumo_on_metal: float | None = None


SMALLEST_BOND_ORDER = 0.05
"""Weaker bonds are not kept."""


def why_rejected(calculation: Calculation) -> str | None:
    """First reason why the gap is no label, or None when it may serve as one."""
    if calculation.lumo_occupation >= LARGEST_LUMO_OCCUPATION:
        return f"open shell: LUMO occupation {calculation.lumo_occupation:.3f} e"
    if calculation.gap_ev <= SMALLEST_GAP:
        return f"gap {calculation.gap_ev:.3f} eV is not above {SMALLEST_GAP} eV"
    largest = max(calculation.charges_e, key=abs, default=0.0)
    if abs(largest) > LARGEST_ATOMIC_CHARGE:
        return f"unphysical state: atomic charge {largest:.1f} e"
    return None


def closed_shell_electrons(cluster: Cluster) -> int:
    """All electrons of a cluster that can be calculated as a closed shell.

    Raises
    ------
    StructureError
        If the charge is unknown, the number of electrons is odd, or a multiplicity other than 1 is stated.
    """
    electrons = cluster.n_electrons
    if electrons is None:
        raise StructureError(
            "charge unknown.", site=cluster.name or None, hint="State it with --charge or in the file."
        )
    if electrons % 2 or cluster.multiplicity not in (None, 1):
        raise StructureError(
            "open shell: only singlets are calculated.",
            site=cluster.name or None,
            found=f"{electrons} electrons, multiplicity {cluster.multiplicity or 'not stated'}",
            expected="an even number of electrons and multiplicity 1",
        )
    return electrons
