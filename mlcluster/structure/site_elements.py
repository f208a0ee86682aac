"""Which element a site is: by its type, else by its label and, where that can be read in two ways, by the formula."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS
from mlcluster.chem.formula import parse_formula
from mlcluster.errors import InputError
from mlcluster.structure.charge import parse_moiety
from mlcluster.structure.cif_blocks import MISSING, Block
from mlcluster.structure.limits import has_long_number, shortened
from mlcluster.structure.report import Entry, site_list

DUMMIES = frozenset("q x xx du dum dummy cg cnt cen cent vac va bq lp ghost".split())
"""Types (in lower case) of sites that are no atoms."""
UPPER_CASE_LABELS = frozenset("Au Ag Cu Cl Br Pt Pd Se Si Sb As Zn Fe Ni Ru Rh Ir Mn Te".split())
"""Elements that "AU1" means where nothing else decides."""
UNDECIDED = frozenset("Co Cd Cr Hg Pb Sn Os In Bi Nb".split())
"""Metals of clusters whose capitals are as well a light element with a letter after it: CO1, HG1, PB1."""


def elements_of(
    labels: Sequence[str],
    types: Sequence[str] | None,
    occupancy: NDArray[np.float64],
    block: Block,
    file: str,
    entries: list[Entry],
) -> NDArray[np.int64]:
    """Atomic number of each site, 0 for one that is no atom.

    Parameters
    ----------
    labels, types
        As they stand in the file; no types where it has none.
    occupancy
        Of each site, (n,).
    block
        Where the formula stands.
    entries
        Where remarks go.

    Raises
    ------
    InputError
        If a site is of no known element, or of one that neither type nor formula decides.
    """
    numbers = np.zeros(len(labels), dtype=np.int64)
    deuterium, dummies, open_sites = [], [], []
    for i, label in enumerate(labels):
        stated = types[i].strip() if types and types[i].strip() not in MISSING else None
        symbol = symbol_of_type(stated) if stated is not None else None
        if symbol is None and stated is not None and stated.lower() not in DUMMIES:
            raise _unknown(label, stated, file)
        if symbol is None:
            readings = readings_of_label(label) if stated is None else ()
            if len(readings) > 1:
                open_sites.append(i)
                continue
            symbol = readings[0] if readings else None
        if symbol in ("D", "T"):
            deuterium.append(label)
            symbol = "H"
        if symbol in NUMBERS:
            numbers[i] = NUMBERS[symbol]
        elif stated is not None or label.upper().startswith(("Q", "DUM", "DU", "X", "CNT", "CG")):
            dummies.append(label)
        else:
            raise _unknown(label, None, file)
    if open_sites:
        _decide(numbers, labels, open_sites, occupancy, block, file, entries)
    if deuterium:
        text = f"{len(deuterium)} deuterium atoms ({site_list(deuterium)}) are treated as hydrogen."
        entries.append(Entry("info", "deuterium", text, deuterium[0]))
    if dummies:
        text = f"{len(dummies)} sites ({site_list(dummies)}) are dummy atoms or unassigned peaks; left out."
        entries.append(Entry("warning", "dummy_atom", text, dummies[0]))
    return numbers


def _unknown(label: str, stated: str | None, file: str) -> InputError:
    return InputError(
        "a site is not of a known element.",
        file=file,
        site=shortened(label, 40).strip("'"),
        found=shortened(label if stated is None else stated),
        expected="an element symbol in _atom_site_type_symbol or at the start of the label",
    )


def symbol_of_type(word: str) -> str | None:
    """Element symbol (or D, T) at the start of a type.

    >>> [symbol_of_type(word) for word in ("Au0+", "CL1-", "C", "Ow", "Cg")]
    ['Au', 'Cl', 'C', 'O', None]
    """
    letters = re.match(r"[A-Za-z]*", word)[0]  # type: ignore[index]
    two, one = letters[:2].capitalize(), letters[:1].upper()
    if two in NUMBERS:
        return two
    # Programs write "Cval" and "Ow"; anything else of two letters is a slip.
    known = one in NUMBERS or one in ("D", "T")
    return one if known and word.lower() not in DUMMIES and (len(letters) != 2 or one in "CHNO") else None


def readings_of_label(label: str) -> tuple[str, ...]:
    """Element symbols that the start of a label may mean; of two in capitals the longer first.

    >>> [readings_of_label(label) for label in ("Au12", "AU12", "C3_2001", "CO1", "HB", "Q1")]
    [('Au',), ('Au',), ('C',), ('Co', 'C'), ('H',), ()]
    """
    letters = re.match(r"[^A-Za-z]*([A-Za-z]*)", label)[1][:2]  # type: ignore[index]
    two, one = letters.capitalize(), letters[:1].upper()
    single = (one,) if one in NUMBERS or one in ("D", "T") else ()
    if len(letters) < 2 or two not in NUMBERS:
        return single
    return (two,) if letters[1].islower() else (two, *single)


def _decide(
    numbers: NDArray[np.int64],
    labels: Sequence[str],
    open_sites: Sequence[int],
    occupancy: NDArray[np.float64],
    block: Block,
    file: str,
    entries: list[Entry],
) -> None:
    """Give every site with two readings the one that the stated composition has."""
    formula = _composition(block)
    capitals = not any(re.match(r"[A-Z][a-z]", label) for label in labels)
    prefixes: dict[str, list[int]] = {}
    for i in open_sites:
        prefixes.setdefault(readings_of_label(labels[i])[0], []).append(i)
    for two, sites in prefixes.items():
        one = readings_of_label(labels[sites[0]])[1]
        picks = [symbol for symbol in (two, one) if formula is not None and symbol in formula]
        if len(picks) == 2 and formula is not None and all(formula.values()):
            picks = [min(picks, key=lambda s: _misfit(numbers, sites, s, occupancy, formula))]
        elif len(picks) != 1 and two in UPPER_CASE_LABELS:
            picks = [two]
        elif len(picks) != 1:
            # "CA1" is a carbon named A, "HO1" a hydrogen on oxygen.
            decides = formula is not None and not picks
            picks = [two, one] if two in UNDECIDED and capitals and not decides else [one]
        if len(picks) == 2:
            raise InputError(
                f"a label in capitals may be {two} or {one}, and nothing in the file decides.",
                file=file,
                site=labels[sites[0]],
                expected="a column _atom_site_type_symbol, or _chemical_formula_sum",
            )
        numbers[sites] = NUMBERS["H" if picks[0] in ("D", "T") else picks[0]]
        if picks[0] == two and two not in UPPER_CASE_LABELS:
            names = site_list(labels[i] for i in sites)
            text = f"{names}: read as {two}, as the stated formula has it; the file has no element column."
            entries.append(Entry("info", "element_from_formula", text, labels[sites[0]]))


def _composition(block: Block) -> dict[str, float] | None:
    """Elements of the stated formula; counts are 0 where the file lists the elements alone."""
    total = block.text("_chemical_formula_sum")
    if total is not None and not has_long_number(total):
        try:
            return parse_formula(total.replace(",", " "))[0]
        except InputError:
            pass
    moiety = block.text("_chemical_formula_moiety", "_chemical_formula_iupac", "_chemical_formula_structural")
    found: dict[str, float] = {}
    for part in parse_moiety(moiety) if moiety and not has_long_number(moiety) else ():
        for element, count in part.counts.items():
            found[element] = found.get(element, 0.0) + part.count * count
    if found:
        return found
    listed = [symbol_of_type(word) for word in block.column("_atom_type_symbol") or ()]
    return {symbol: 0.0 for symbol in listed if symbol} or None


def _misfit(
    numbers: NDArray[np.int64],
    sites: Sequence[int],
    symbol: str,
    occupancy: NDArray[np.float64],
    formula: Mapping[str, float],
) -> float:
    """How far the shares of the elements but hydrogen are from those of the formula if the sites are of this one."""
    trial = numbers.copy()
    trial[list(sites)] = NUMBERS[symbol]
    heavy = {element: count for element, count in formula.items() if element != "H"}
    held = {element: float(occupancy[trial == NUMBERS[element]].sum()) for element in heavy if element in NUMBERS}
    total, stated = max(sum(held.values()), 1e-9), max(sum(heavy.values()), 1e-9)
    return sum(abs(held[element] / total - heavy[element] / stated) for element in held)
