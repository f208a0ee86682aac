"""Ions that a cluster gives in an electrospray: intact, less ligands, with adducts, in every charge that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.chem.elements import METAL_VALENCE
from mlcluster.chem.formula import parse_formula, split_charge
from mlcluster.chem.ligands import LIGANDS
from mlcluster.errors import InputError, MlclusterError

ADDUCTS: dict[str, tuple[str, int]] = {
    "H": ("H", 1),
    "Na": ("Na", 1),
    "K": ("K", 1),
    "Cs": ("Cs", 1),
    "NH4": ("NH4", 1),
    "Ag": ("Ag", 1),
    "Cl": ("Cl", -1),
    "Br": ("Br", -1),
    "I": ("I", -1),
    "HCOO": ("HCO2", -1),
    "CH3COO": ("C2H3O2", -1),
    "NO3": ("NO3", -1),
    "BF4": ("BF4", -1),
    "PF6": ("PF6", -1),
    "SbF6": ("SbF6", -1),
    "CF3COO": ("C2F3O2", -1),
    "H2O": ("H2O", 0),
    "CH3OH": ("CH4O", 0),
    "C2H5OH": ("C2H6O", 0),
    "CH3CN": ("C2H3N", 0),
    "CH2Cl2": ("CH2Cl2", 0),
    "CHCl3": ("CHCl3", 0),
    "DMF": ("C3H7NO", 0),
    "toluene": ("C7H8", 0),
}
"""What clings to an ion in a source: composition and charge by the name it has in formulas."""

LARGEST_CHARGE = 6


@dataclass(frozen=True)
class Piece:
    """Something lost or gained: its name, the atoms it holds, its charge, and +1 if gained or -1 if lost."""

    name: str
    atoms: Mapping[str, int] = field(hash=False, compare=False)
    charge: int
    sign: int


@dataclass(frozen=True)
class Parent:
    """The cluster as its formula has it."""

    text: str
    atoms: Mapping[str, int]
    charge: int
    losses: tuple[Piece, ...]
    gains: tuple[Piece, ...]


@dataclass(frozen=True)
class Ion:
    """One ion: how it is written, what it holds, its charge, and of how many changes it is made."""

    formula: str
    atoms: Mapping[str, int]
    charge: int
    changes: int


def parent_of(
    formula: str,
    *,
    charge: int | None = None,
    adducts: Sequence[str] | None = None,
    losses: Sequence[str] | None = None,
) -> Parent:
    """The cluster of a formula, and what it may lose and gain.

    Parameters
    ----------
    formula
        As chemists write it, ``[Au13Ag12(PPh3)10Cl8]+``, or of element symbols alone.
    charge
        Charge where the formula states none.
    adducts
        Names of `ADDUCTS`, ligands, or formulas with a charge (``Rb+``); otherwise all of `ADDUCTS` and gold or silver
        with one of the ligands.
    losses
        Ligands that may leave; otherwise those of the formula, alone or with one of its metals.

    Raises
    ------
    InputError
        If the formula or a piece cannot be read, a ligand is not one substance, or the charge is not known.

    Examples
    --------
    >>> parent_of("[Au13Ag12(PPh3)10Cl8]+").charge
    1
    """
    body, ligands, metals, atoms, stated = _read(formula)
    whole = charge if charge is not None else stated
    if whole is None:
        raise InputError(
            "the charge of the cluster is not stated.",
            found=formula,
            hint="Write it, as in [Au25(PET)18]-, or --charge.",
        )
    if losses is None:
        lost = [_piece(name, -1) for name in ligands]
        lost += [
            _with_metal(metal, name, -1) for metal in metals for name in ligands if LIGANDS[name].charge in (0, -1)
        ]
    else:
        lost = [_piece(name, -1) for name in losses]
    if adducts is None:
        gained = [_piece(name, 1) for name in ADDUCTS]
        gained += [_with_metal(m, name, 1) for m in ("Au", "Ag") if m in metals for name in ligands]
    else:
        gained = [_piece(name, 1) for name in adducts]
    return Parent(body, atoms, whole, tuple(lost), tuple(gained))


def ions_of(parent: Parent, *, most_changes: int = 3, charges: Sequence[int] | None = None) -> Iterator[Ion]:
    """Every ion of at most so many losses and gains, the intact one first; those without charge are left out.

    What is lost and gained again, and more than is there, does not come; of several ways to one ion the simplest does.

    Parameters
    ----------
    charges
        Charges asked for; otherwise all up to 6, of the sign of the cluster where it has one.
    """
    sign = (parent.charge > 0) - (parent.charge < 0)
    pieces = parent.losses + parent.gains
    seen = set()
    for number in range(most_changes + 1):
        for chosen in combinations_with_replacement(pieces, number):
            names = Counter((p.name, p.sign) for p in chosen)
            if any((name, -s) in names for name, s in names):
                continue
            charge = parent.charge + sum(p.sign * p.charge for p in chosen)
            if charge == 0 or abs(charge) > LARGEST_CHARGE or (charges is None and sign and charge * sign < 0):
                continue
            if charges is not None and charge not in charges:
                continue
            atoms = Counter(parent.atoms)
            for piece in chosen:
                for element, count in piece.atoms.items():
                    atoms[element] += piece.sign * count
            kept = frozenset((element, n) for element, n in atoms.items() if n)
            if min(atoms.values()) < 0 or (kept, charge) in seen:
                continue
            seen.add((kept, charge))
            yield Ion(_written(parent.text, names, charge), dict(sorted(kept)), charge, number)


def atoms_of(formula: str) -> dict[str, int]:
    """Atoms of each element of a cluster formula, or of one in element symbols, without its counter-ions.

    Raises
    ------
    InputError
        If it cannot be read, or a ligand is not one substance.

    Examples
    --------
    >>> atoms_of("[Au25(PET)18]-")["Au"]
    25
    """
    return _read(formula)[3]


def charge_text(charge: int) -> str:
    """Charge as it is written behind a bracket: ``+``, ``2+``, ``-``."""
    return f"{abs(charge) if abs(charge) > 1 else ''}{'+' if charge > 0 else '-'}"


def _written(text: str, names: Mapping[tuple[str, int], int], charge: int) -> str:
    parts = [text]
    for sign, mark in ((-1, "-"), (1, "+")):
        for (name, of), count in names.items():
            if of == sign:
                parts.append(f"{mark} {count if count > 1 else ''}{name}")
    return f"[{' '.join(parts)}]{charge_text(charge)}"


def _read(formula: str) -> tuple[str, list[str], list[str], dict[str, int], int | None]:
    """The formula without charge, its ligands, its metals, its atoms and its charge."""
    try:
        cluster = parse_cluster_formula(formula)
    except MlclusterError:
        counts, charge = parse_formula(formula)  # refuses what is neither
        atoms = {element: int(count) for element, count in counts.items()}
        body = split_charge(formula)[0].strip("[]")
        return body, [], [m for m in atoms if m in METAL_VALENCE], atoms, charge
    held = cluster.elements
    if held is None:
        unknown = [name for name in cluster.ligands if LIGANDS[name].elements is None]
        raise InputError(
            "a mass needs ligands that are one substance each.", found=", ".join(unknown), expected="as in PET, PPh3"
        )
    body = "".join(f"{m}{n if n > 1 else ''}" for m, n in cluster.metals.items())
    body += "".join(f"{_bracketed(name)}{n if n > 1 else ''}" for name, n in cluster.ligands.items())
    return body, list(cluster.ligands), list(cluster.metals), held, cluster.charge


def _bracketed(name: str) -> str:
    return name if name in {"F", "Cl", "Br", "I", "H"} else f"({name})"


def _piece(name: str, sign: int) -> Piece:
    if name in ADDUCTS and (sign > 0 or name not in LIGANDS):
        formula, charge = ADDUCTS[name]
        return Piece(name, _whole(parse_formula(formula)[0]), charge, sign)
    if name in LIGANDS:
        elements = LIGANDS[name].elements
        if elements is None:
            raise InputError("a mass needs a ligand that is one substance.", found=name)
        return Piece(name, _whole(elements), LIGANDS[name].charge, sign)
    counts, stated = parse_formula(name)
    return Piece(split_charge(name)[0], _whole(counts), stated or 0, sign)


def _with_metal(metal: str, ligand: str, sign: int) -> Piece:
    """A metal in oxidation state I with one ligand: AuCl, Au(PPh3)+."""
    atoms = Counter(_whole(LIGANDS[ligand].elements or {}))
    atoms[metal] += 1
    return Piece(f"{metal}{_bracketed(ligand)}", atoms, LIGANDS[ligand].charge + 1, sign)


def _whole(counts: Mapping[str, float]) -> dict[str, int]:
    return {element: int(count) for element, count in counts.items()}
