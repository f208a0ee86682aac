"""Chemical formulas: parsing nested ones with charges, and writing them in Hill order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from mlcluster.chem.elements import NUMBERS
from mlcluster.errors import InputError

_TOKEN = re.compile(r"([A-Z][a-z]?)|([(\[{])|([)\]}])|(\d+(?:\.\d+)?)")
_VALUE = r"(?P<size>\d*) ?(?P<sign>[+-])|(?P<before>[+-]) ?(?P<behind>\d+)|(?P<signs>\+{2,}|-{2,})"
# Raised, or in round brackets of its own, or as it is; a closing bracket needs its opening one.
_WRITTEN = rf"(?P<mark>\^?\{{?|(?P<bracket>\() ?)(?:{_VALUE})(?(bracket) ?\)|\}}?\^?)"
_CHARGE = re.compile(rf"{_WRITTEN}$")
_CHARGE_AHEAD = re.compile(rf"(?:{_WRITTEN}|(?P<zero>0))(?![\w(+-])")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_MINUS_SIGNS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))
_OPEN, _CLOSE = "([{", ")]}"


def hill_formula(counts: Mapping[str, float]) -> str:
    """Hill formula of element counts: carbon, hydrogen, then the alphabet.

    >>> hill_formula({"Au": 25, "S": 18, "C": 144, "H": 162})
    'C144H162Au25S18'
    """
    return "".join(f"{e}{_count(counts[e])}" for e in hill_order(counts))


def hill_order(counts: Mapping[str, float]) -> list[str]:
    """Elements of a composition in Hill order."""
    first = [e for e in ("C", "H") if counts.get(e)] if counts.get("C") else []
    return first + sorted(e for e in counts if e not in first and counts[e])


def _count(number: float) -> str:
    return "" if number == 1 else f"{number:g}"


def parse_formula(text: str) -> tuple[dict[str, float], int | None]:
    """Element counts and charge of a formula made of element symbols, brackets and numbers.

    The charge is None when no sign is written; "0" is never assumed.

    Raises
    ------
    InputError
        For an unknown symbol or unbalanced brackets, with the place.

    Examples
    --------
    >>> parse_formula("[Au25(SC2H4Ph)18]-")[1]
    Traceback (most recent call last):
        ...
    mlcluster.errors.InputError: unknown element symbol in a formula. Found: 'Ph' in '[Au25(SC2H4Ph)18]-'. \
Expected: element symbols; expand ligand abbreviations first.
    >>> parse_formula("[Au13Ag12(PH3)10Cl8]+")
    ({'Au': 13, 'Ag': 12, 'P': 10, 'H': 30, 'Cl': 8}, 1)
    >>> parse_formula("C180 H150 Ag12 Au13 Cl8 P10 1+")[1]
    1
    >>> parse_formula("F6 Sb 1-")[1]
    -1
    """
    body, charge = split_charge(text)
    stack: list[tuple[Counter[str], str]] = [(Counter(), "")]
    group: Counter[str] | None = None
    position = 0
    compact = re.sub(r"[\s·*]+", " ", body).strip()
    while position < len(compact):
        if compact[position] == " ":
            position += 1
            continue
        match = _TOKEN.match(compact, position)
        if match is None:
            raise InputError("cannot read a formula.", found=repr(text), site=f"character {position + 1}")
        symbol, opening, closing, number = match.groups()
        if number is not None:
            if group is None:
                raise InputError("a formula has a number with nothing before it.", found=repr(text))
            stack[-1][0].update({e: n * (_number(number) - 1) for e, n in group.items()})
            group = None
        elif opening:
            stack.append((Counter(), opening))
            group = None
        elif closing:
            inner, bracket = stack.pop() if len(stack) > 1 else (Counter(), "")
            if not bracket or _OPEN.index(bracket) != _CLOSE.index(closing):
                raise InputError("a formula has unbalanced brackets.", found=repr(text))
            stack[-1][0].update(inner)
            group = inner
        else:
            if symbol not in NUMBERS and symbol != "D":
                raise InputError(
                    "unknown element symbol in a formula.",
                    found=f"{symbol!r} in {text!r}",
                    expected="element symbols; expand ligand abbreviations first",
                )
            group = Counter({"H" if symbol == "D" else symbol: 1})
            stack[-1][0].update(group)
        position = match.end()
    if len(stack) != 1:
        raise InputError("a formula has unbalanced brackets.", found=repr(text))
    return dict(stack[0][0]), charge


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


def plain_signs(text: str) -> str:
    """The text with one kind of minus sign, and superscripts written as ``^2+``.

    >>> plain_signs("[Au8(PPh3)8]²⁺"), plain_signs("[Au25(SR)18]−")
    ('[Au8(PPh3)8]^2+', '[Au25(SR)18]-')
    """
    raised = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+", lambda run: "^" + run[0].translate(_SUPERSCRIPTS), text)
    return raised.translate(_MINUS_SIGNS).strip()


def split_charge(text: str) -> tuple[str, int | None]:
    """The formula without the charge at its end, and the charge or None.

    Read are ``2+``, ``+2``, ``++``, each also raised (``^2+``, ``^{2+}``, ``²⁺``) or in brackets of its own.

    >>> split_charge("[Au22(SR)12]2+"), split_charge("Cl -"), split_charge("SbF6-")
    (('[Au22(SR)12]', 2), ('Cl', -1), ('SbF6', -1))
    >>> split_charge("C12 H36 Au4 P4 ++"), split_charge("S O4 --"), split_charge("[Au8(PPh3)8](2+)")
    (('C12 H36 Au4 P4', 2), ('S O4', -2), ('[Au8(PPh3)8]', 2))
    """
    stripped = plain_signs(text)
    match = _CHARGE.search(stripped)
    if match is None:
        return stripped, None
    before = stripped[: match.start()]
    if match["size"] and not match["mark"] and (before[-1:].isalnum() or before[-1:] == ")" and not _wrapped(before)):
        # "SbF6-", "Au25(SR)18-": the number counts what stands before it; only a separated or raised one, or one
        # behind brackets around everything, is a charge.
        return (before + match["size"]).strip(), int(f"{match['sign']}1")
    return before.strip(), _charge_value(match)


def _wrapped(text: str) -> bool:
    """Whether the bracket that opens a text is the one that closes it."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth == 0:
            return position == len(text) - 1 and text[:1] in _OPEN
    return False


def leading_charge(text: str) -> int | None:
    """Charge written at the very start of a text, such as what stands behind the bracket of a cluster, or None.

    >>> leading_charge("2+"), leading_charge("++"), leading_charge("0"), leading_charge("(SbF6)2")
    (2, 2, 0, None)
    """
    match = _CHARGE_AHEAD.match(plain_signs(text))
    return None if match is None else 0 if match["zero"] else _charge_value(match)


def _charge_value(match: re.Match[str]) -> int:
    if match["signs"]:
        return int(f"{match['signs'][0]}{len(match['signs'])}")
    sign = match["sign"] or match["before"]
    return int(f"{sign}{match['size'] or match['behind'] or 1}")
