"""Charge and multiplicity after an edit: the delocalised electrons stay, or the charge does."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

from mlcluster.anatomy.bound_ligands import Ligand
from mlcluster.chem.elements import CLUSTER_METALS, METAL_VALENCE, METALS, NUMBERS, SYMBOLS
from mlcluster.errors import InputError, StructureError

Keep = Literal["electrons", "charge"]


def metal_symbol(text: str) -> str:
    """Symbol of a metal.

    Raises
    ------
    InputError
        If it is none; the nearest one is suggested.

    Examples
    --------
    >>> metal_symbol("ag")
    'Ag'
    >>> metal_symbol("Agg")
    Traceback (most recent call last):
        ...
    mlcluster.errors.InputError: not a metal. Found: Agg. Expected: a symbol such as Au, Ag, Cu, Pd, Pt, Hg, Cd. Did \
you mean Ag?
    """
    symbol = text.strip().capitalize()
    if NUMBERS.get(symbol) in METALS:
        return symbol
    common = sorted(SYMBOLS[z] for z in CLUSTER_METALS)
    near = get_close_matches(symbol, [*common, *(SYMBOLS[z] for z in sorted(METALS))], n=1, cutoff=0.4)
    raise InputError(
        "not a metal.",
        found=text,
        expected="a symbol such as Au, Ag, Cu, Pd, Pt, Hg, Cd",
        hint=f"Did you mean {near[0]}?" if near else None,
    )


def valence(symbol: str) -> int:
    """Electrons a metal brings to the count.

    Raises
    ------
    InputError
        If the convention has no number for it.
    """
    if symbol not in METAL_VALENCE:
        raise InputError(
            "the superatom count has no valence for this metal.",
            found=symbol,
            expected=", ".join(METAL_VALENCE),
            hint="Keep the charge instead: --keep charge.",
        )
    return METAL_VALENCE[symbol]


def formal_charge(ligand: Ligand, label: str) -> int:
    """Formal charge of a ligand.

    Raises
    ------
    StructureError
        If its geometry leaves it open.
    """
    low, high = ligand.charge
    if low != high:
        raise StructureError(
            f"the formal charge of this ligand ({ligand.formula}) is ambiguous.",
            site=label,
            found=f"{low} to {high}",
            hint="Declare the ligands of the source when reading, or use --keep charge.",
        )
    return low


def new_charge(charge: int | None, brought: int, keep: Keep) -> int | None:
    """Charge after an edit that brought so many electrons; an unknown charge stays unknown.

    With n = metal valences + formal charges of the ligands - charge, an edit that changes the first two terms by
    `brought` leaves n alone if the charge changes by the same number.
    """
    return charge if charge is None or keep == "charge" else charge + brought


def new_multiplicity(before: int | None, was_odd: bool | None, is_odd: bool | None) -> int | None:
    """Multiplicity after an edit: as it was where it can stay, else the lowest one; never a singlet by default.

    Parameters
    ----------
    before
        Of the parent, None when not known.
    was_odd, is_odd
        Whether the number of all electrons is odd, before and after; None when the charge is unknown.

    Examples
    --------
    >>> new_multiplicity(1, False, True), new_multiplicity(None, False, False), new_multiplicity(2, True, False)
    (2, None, 1)
    """
    if is_odd is None:
        return None
    if was_odd == is_odd:
        return 2 if is_odd and before is None else before
    return 2 if is_odd else (None if before is None else 1)
