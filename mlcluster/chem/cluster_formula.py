"""Formulas as cluster chemists write them: ``[Au13Ag12(PPh3)10Cl8]+`` -> metals, ligands and charge."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlcluster.chem.elements import METALS, NUMBERS
from mlcluster.chem.formula import leading_charge, parse_formula, plain_signs, split_charge
from mlcluster.chem.ligands import LIGANDS, SPELLINGS, find_ligand
from mlcluster.chem.species import SPECIES
from mlcluster.errors import InputError

_OPEN, _CLOSE = "([{", ")]}"
_DEEPEST = 12
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_COUNT = re.compile(r"\d*")
_BRIDGING = re.compile(r"μ\d*-")


@dataclass(frozen=True, kw_only=True)
class ClusterFormula:
    """Composition of one cluster without counter-ions and solvent.

    Parameters
    ----------
    text
        The formula as it was written.
    metals
        Metal atoms by element symbol.
    ligands
        Ligands by abbreviation of `mlcluster.chem.ligands`.
    charge
        Charge in e; None when no charge and no counter-ion is written.
    solvate
        What stood behind ``·``: solvent of the crystal, no part of the cluster.
    remark
        Words that stood behind the formula.
    """

    text: str
    metals: dict[str, int]
    ligands: dict[str, int] = field(default_factory=dict)
    charge: int | None = None
    solvate: str = ""
    remark: str = ""

    @property
    def n_metals(self) -> int:
        """Number of metal atoms."""
        return sum(self.metals.values())

    @property
    def elements(self) -> dict[str, int] | None:
        """Atoms of each element, or None where a ligand is a class (``SR``)."""
        total = Counter(self.metals)
        for abbreviation, count in self.ligands.items():
            composition = LIGANDS[abbreviation].elements
            if composition is None:
                return None
            total.update({element: int(n) * count for element, n in composition.items()})
        return dict(total)


MOST_OF_ONE = 10_000
"""Most units of one metal or ligand in a cluster formula: ten times those of the largest cluster with one."""


def parse_cluster_formula(text: str, abbreviations: Mapping[str, str] | None = None) -> ClusterFormula:
    """Metals, ligands and charge of a cluster formula.

    Brackets may be nested, ``@`` between shells and bridging prefixes (``μ3-``) are passed over, counter-ions behind a
    bracketed cluster give its charge, solvate behind ``·`` and words behind a blank are set aside. A bare chalcogen
    is a chalcogenide: ``Au38S2(SAdm)20`` holds two S2-.

    Parameters
    ----------
    text
        The formula.
    abbreviations
        Abbreviations of this text alone, such as ``{"L": "PPh3"}``.

    Raises
    ------
    InputError
        For unbalanced brackets, a symbol that is neither metal nor ligand, a count that is not a number, or an
        unknown ligand, with the nearest known one.

    Examples
    --------
    >>> gold = parse_cluster_formula("[Au13Ag12(PPh3)10Cl8]+")
    >>> gold.metals, gold.ligands, gold.charge
    ({'Au': 13, 'Ag': 12}, {'PPh3': 10, 'Cl': 8}, 1)
    >>> parse_cluster_formula("[Cu11(TBBT)9(PPh3)6](SbF6)2").charge
    2
    >>> parse_cluster_formula("Au25(SC2H4Ph)18").charge is None
    True
    """
    written = unicodedata.normalize("NFKC", plain_signs(text)).strip("'\"")
    formula, remark = _without_words(written)
    formula, _, solvate = formula.replace("•", "·").partition("·")
    names = dict(SPELLINGS) | dict(abbreviations or {})
    body, charge = _charge(formula)
    parts = _units(body, names, text)
    metals = {symbol: n for (kind, symbol), n in parts.items() if kind == "metal"}
    ligands = {symbol: n for (kind, symbol), n in parts.items() if kind == "ligand"}
    if not sum(metals.values()):
        raise InputError("a cluster formula names no metal.", found=repr(text), expected="as in [Au25(SR)18]-")
    for symbol, count in parts.items():
        if count > MOST_OF_ONE:
            raise InputError(
                "a count of the formula is out of range.",
                site=symbol[1],
                found=count,
                expected=f"at most {MOST_OF_ONE}",
            )
    return ClusterFormula(text=text, metals=metals, ligands=ligands, charge=charge, solvate=solvate, remark=remark)


def parse_metals(text: str) -> dict[str, int]:
    """Metal atoms of text that holds nothing else.

    Raises
    ------
    InputError
        If it does.

    Examples
    --------
    >>> parse_metals("Au13Ag12")
    {'Au': 13, 'Ag': 12}
    """
    counts, charge = parse_formula(text)
    strange = [symbol for symbol in counts if NUMBERS[symbol] not in METALS]
    if strange or charge is not None or not counts:
        raise InputError("not a list of metals.", found=repr(text), expected="as in Au13Ag12")
    return {symbol: int(n) for symbol, n in counts.items()}


def _without_words(text: str) -> tuple[str, str]:
    depth = 0
    for position, character in enumerate(text):
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth > _DEEPEST:
            raise InputError("a formula has more brackets in each other than any chemist writes.", found=text[:40])
        if depth <= 0 and (character.isspace() or character == ","):
            return text[:position].rstrip("'\""), text[position:].strip(" ,")
    return text, ""


def _charge(formula: str) -> tuple[str, int | None]:
    """The formula of the cluster alone, and its charge by what stands behind it."""
    if formula[:1] == "[":
        end = _closing(formula, 0)
        inner, behind = formula[: end + 1], formula[end + 1 :]
        charge = leading_charge(behind)
        if charge is not None:
            return inner, charge
        if behind and not behind[0].isdigit() and _has_metal(inner):
            return inner, -_charge_of_ions(behind)
        return formula, None
    # "Au25(SR)18-": without bracket or caret the number counts ligands.
    return split_charge(formula)


def _has_metal(text: str) -> bool:
    return any(NUMBERS.get(symbol) in METALS for symbol in _SYMBOL.findall(text))


def _charge_of_ions(text: str) -> int:
    total, position = 0, 0
    while position < len(text):
        if text[position] in _OPEN:
            end = _closing(text, position)
            ion, position = text[position + 1 : end], end + 1
            count = _COUNT.match(text, position)[0]  # type: ignore[index]
            position += len(count)
        else:
            ion, count, position = text[position:], "", len(text)
        composition = parse_formula(ion)[0]
        charges = {species.charge for species in SPECIES if species.charge and species.counts == composition}
        if len(charges) != 1 or text[position : position + 1].isalpha():
            raise InputError("unknown counter-ion.", found=text, expected="one of mlcluster.chem.species")
        total += charges.pop() * int(count or 1)
    return total


def _closing(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] in _OPEN) - (text[position] in _CLOSE)
        if depth == 0:
            return position
    raise InputError("a formula has unbalanced brackets.", found=repr(text))


def _units(text: str, names: Mapping[str, str], whole: str) -> Counter[tuple[str, str]]:
    """Metals and ligands of a piece of a formula."""
    total: Counter[tuple[str, str]] = Counter()
    position = 0
    while position < len(text):
        bridging = _BRIDGING.match(text, position)
        if text[position] == "@" or bridging:
            position = bridging.end() if bridging else position + 1
            continue
        if text[position] in _OPEN:
            end = _closing(text, position)
            unit = _group(text[position + 1 : end], names, whole)
            position = end + 1
        else:
            symbol = _SYMBOL.match(text, position)
            if symbol is None:
                rest = text[position:]
                found, expected = f"{rest!r} in {whole!r}", "metals, ligands and charge, as in [Au25(SR)18]-"
                raise InputError("cannot read a formula.", found=found, expected=expected)
            unit = _atom(symbol[0], names, whole)
            position = symbol.end()
        count = _COUNT.match(text, position)[0]  # type: ignore[index]
        position += len(count)
        total.update({part: n * int(count or 1) for part, n in unit.items()})
    return total


def _group(inner: str, names: Mapping[str, str], whole: str) -> Counter[tuple[str, str]]:
    spelling = _BRIDGING.sub("", inner)
    if spelling in names:
        return Counter({("ligand", names[spelling]): 1})
    if _has_metal(inner) or _BRIDGING.match(inner):
        return _units(inner, names, whole)
    find_ligand(spelling)  # refuses it, with the nearest name
    raise AssertionError(spelling)


def _atom(symbol: str, names: Mapping[str, str], whole: str) -> Counter[tuple[str, str]]:
    if NUMBERS.get(symbol) in METALS:
        return Counter({("metal", symbol): 1})
    if symbol in names:
        return Counter({("ligand", names[symbol]): 1})
    raise InputError(
        "a formula holds something that is neither metal nor ligand.",
        found=f"{symbol!r} in {whole!r}",
        expected="metals, halides, chalcogenides, and ligands in brackets",
    )
