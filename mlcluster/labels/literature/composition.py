"""Composition of a compound of the literature, from its columns or from its identifier."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mlcluster.anatomy.superatom import ElectronCount
from mlcluster.chem.cluster_formula import ClusterFormula, parse_cluster_formula, parse_metals
from mlcluster.chem.elements import METAL_VALENCE
from mlcluster.chem.ligands import LIGANDS, SPELLINGS, find_ligand
from mlcluster.errors import DataError, InputError
from mlcluster.labels.literature.table import Row

_INSIDE = {"oxo anion", "carbide", "host"}
# Ligands of one or two atoms, which a formula writes out; an abbreviation "L" never stands for them.
_WRITTEN_OUT = {"halide", "hydride", "chalcogenide", "carbide"}


@dataclass(frozen=True, kw_only=True)
class Composition:
    """What a compound consists of, as far as it is known.

    Parameters
    ----------
    metals
        Metal atoms by element; None where the source does not tell.
    ligands
        Ligands by abbreviation; a number is None where the source does not tell.
    charge
        Charge in e, or None.
    formula
        The formula as read, or None where it is words or leaves numbers open.
    unread
        Why the formula could not be read; empty if it could.
    """

    metals: dict[str, int] | None
    ligands: dict[str, int | None]
    charge: int | None
    formula: ClusterFormula | None = None
    unread: str = ""

    @property
    def complete(self) -> bool:
        """True if metals and numbers of all ligands are known; a template alone does not protect a cluster."""
        outside = any(LIGANDS[name].kind not in _INSIDE for name in self.ligands)
        return self.metals is not None and outside and None not in self.ligands.values()

    @property
    def elements(self) -> dict[str, int] | None:
        """Atoms of each element, or None where a number is open or a ligand is a class."""
        if not self.complete:
            return None
        counts = {name: n for name, n in self.ligands.items() if n is not None}
        return ClusterFormula(text="", metals=dict(self.metals or {}), ligands=counts).elements


def composition_of(row: Row) -> Composition:
    """Composition of the compound of a row.

    Metals come from the formula where it can be read; ligands from their column where it gives every number, as it is
    the more specific of the two.

    Raises
    ------
    InputError
        If a ligand is unknown.
    DataError
        If a number of ligands or the charge is no number.
    """
    stated = ligands_in(row["ligands"])
    formula, unread = _formula(row["formula"], stated)
    metals = formula.metals if formula is not None else metals_in(row["metals"])
    ligands = stated
    if formula is not None and None in (stated or {"": None}).values() and set(stated) <= set(formula.ligands):
        ligands = dict(formula.ligands)
    charge = charge_in(row["charge"])
    if charge is None and formula is not None:
        charge = formula.charge
    return Composition(metals=metals, ligands=ligands, charge=charge, formula=formula, unread=unread)


def ligands_in(cell: str) -> dict[str, int | None]:
    """Ligands of a cell such as ``PPh3;10|Cl;8``; a number is None where none is written.

    Raises
    ------
    InputError
        For an unknown ligand, naming the nearest.
    DataError
        For a number that is none.

    Examples
    --------
    >>> ligands_in("PPh3;10|Cl;8"), ligands_in("NHC|Br")
    ({'PPh3': 10, 'Cl': 8}, {'NHC': None, 'Br': None})
    """
    found: dict[str, int | None] = {}
    for part in filter(None, (part.strip() for part in cell.split("|"))):
        name, _, number = part.partition(";")
        ligand = find_ligand(name).abbreviation
        count, _, remark = number.strip().partition(" ")
        if count and (not count.isdecimal() or int(count) == 0):
            raise DataError("not a number of ligands.", found=part, expected="name;number|name;number")
        if ligand in found:
            raise DataError("a ligand is listed twice.", found=ligand, expected="one entry a ligand")
        # Water of the lattice is listed by some sources; it is no part of the cluster.
        if "lattice" not in remark:
            found[ligand] = int(count) if count else None
    return found


def metals_in(cell: str) -> dict[str, int] | None:
    """Metals of a cell, or None where it holds words or an open number."""
    try:
        return parse_metals(cell)
    except InputError:
        return None


def charge_in(cell: str) -> int | None:
    """Charge of a cell, None when it is blank.

    Raises
    ------
    DataError
        If it is not a whole number.
    """
    try:
        return int(cell) if cell else None
    except ValueError:
        raise DataError("a charge is a whole number.", found=cell, expected="such as -1, 0 or 2") from None


def same_ligands(a: Mapping[str, int], b: Mapping[str, int]) -> bool:
    """Tell whether two lists may mean the same ligands: those named differently are a class and one of that class.

    >>> same_ligands({"BDT": 4}, {"1,3-BDT": 4}), same_ligands({"SR": 18}, {"PET": 18})
    (True, True)
    >>> same_ligands({"o9-CBT": 4}, {"m9-CBT": 4}), same_ligands({"PET": 18}, {"PET": 17})
    (False, False)
    """
    only_a, only_b = Counter(a) - Counter(b), Counter(b) - Counter(a)
    if _classes(only_a) != _classes(only_b):
        return False
    open_a, open_b = (all(LIGANDS[name].is_class for name in side) for side in (only_a, only_b))
    atoms = _atoms(only_a), _atoms(only_b)
    return (open_a or open_b) and (None in atoms or atoms[0] == atoms[1])


def recount_electrons(composition: Composition) -> ElectronCount:
    """Superatom electrons of a composition: metal valences less anionic ligands less charge.

    >>> recount_electrons(composition_of(Row(2, {"formula": "[Au25(PET)18]-"}))).count
    8
    """
    if not composition.complete or composition.metals is None:
        open_numbers = [name for name, n in composition.ligands.items() if n is None]
        what = f"number of {', '.join(open_numbers)}" if open_numbers else "composition"
        return ElectronCount(None, None, None, {}, f"{what} not stated")
    strange = [metal for metal in composition.metals if metal not in METAL_VALENCE]
    if strange:
        return ElectronCount(None, None, None, {}, f"{', '.join(strange)} has no valence in this count")
    terms = {metal: METAL_VALENCE[metal] * n for metal, n in composition.metals.items()}
    for name, n in composition.ligands.items():
        if LIGANDS[name].charge and n is not None:
            terms[name] = LIGANDS[name].charge * n
    total = sum(terms.values())
    if composition.charge is None:
        return ElectronCount(None, None, None, terms, f"charge not stated: {total} less the charge")
    terms["charge"] = -composition.charge
    count = total - composition.charge
    return ElectronCount(count, count, count, terms, "")


def _formula(text: str, stated: Mapping[str, int | None]) -> tuple[ClusterFormula | None, str]:
    organic = [name for name in stated if LIGANDS[name].kind not in _WRITTEN_OUT]
    abbreviations = {"L": organic[0]} if len(organic) == 1 else {}
    try:
        return parse_cluster_formula(text, abbreviations), ""
    except InputError as error:
        return None, str(error)


def _classes(ligands: Mapping[str, int]) -> Counter[tuple[str, int]]:
    counts: Counter[tuple[str, int]] = Counter()
    for name, n in ligands.items():
        counts[LIGANDS[name].kind, LIGANDS[name].charge] += n
    return counts


def _atoms(ligands: Mapping[str, int]) -> Counter[str] | None:
    total: Counter[str] = Counter()
    for name, n in ligands.items():
        elements = LIGANDS[name].elements
        if elements is None:
            return None
        total.update({element: int(count) * n for element, count in elements.items()})
    return total


ARRANGEMENTS = frozenset("a b E S Q T C3 Dh fcc hcp ico rod crown butterfly twisted noncompact theory".split())
"""Words of an identifier that tell isomers apart and say nothing about composition."""

_CHARGE = re.compile(r"p(\d)|m(\d)|(-\d)|(0)")
# "S2" inside a name may be part of a ligand (S2POnPr2): chalcogenides are read behind the metals only.
_NAMES = sorted(
    (name for name, known in SPELLINGS.items() if LIGANDS[known].kind not in {"chalcogenide", "carbide"}),
    key=len,
    reverse=True,
)


def composition_from_identifier(identifier: str) -> Composition | None:
    """Composition that an identifier of the table spells, or None where it spells none.

    >>> known = composition_from_identifier("Au21_SC6H11_12_dppm2_p1")
    >>> known.metals, known.ligands, known.charge
    ({'Au': 21}, {'CHT': 12, 'dppm': 2}, 1)
    >>> composition_from_identifier("AuNC_FGGC") is None
    True
    """
    first, *tokens = identifier.split("_")
    try:
        core = parse_cluster_formula(first)
    except InputError:
        return None
    ligands: dict[str, int | None] = dict(core.ligands)
    charge = None
    while tokens:
        token = tokens.pop(0)
        sign = _CHARGE.fullmatch(token)
        if sign is not None:
            charge = int(sign[1] or sign[3] or 0) - int(sign[2] or 0)
            continue
        if token in ARRANGEMENTS:
            continue
        found = _ligands_of_token(token)
        if found is None or ligands.keys() & found.keys():
            return None
        last = next(reversed(found))
        if found[last] is None:
            found[last] = int(tokens.pop(0)) if tokens and tokens[0].isdecimal() else 1
        ligands |= found
    return Composition(metals=core.metals, ligands=ligands, charge=charge) if ligands else None


def _ligands_of_token(token: str) -> dict[str, int | None] | None:
    """Ligands of a word such as ``dppe5Cl2``; the number of the last is None when none follows it."""
    found: dict[str, int | None] = {}
    while token:
        name = next((name for name in _NAMES if token.startswith(name)), None)
        if name is None or SPELLINGS[name] in found:
            return None
        count = re.match(r"\d*", token[len(name) :])[0]  # type: ignore[index]
        token = token[len(name) + len(count) :]
        if token and not count:
            return None
        found[SPELLINGS[name]] = int(count) if count else None
    return found
