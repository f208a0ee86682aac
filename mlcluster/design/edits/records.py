"""Edits as small records with a text form that reads back: ``substitute Au3 Au7 -> Ag; twist Au2 by 18``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from mlcluster.errors import InputError


@dataclass(frozen=True)
class Substitution:
    """Metals at `sites` become `element`."""

    sites: tuple[str, ...]
    element: str

    def __str__(self) -> str:
        return f"substitute {' '.join(self.sites)} -> {self.element}"


@dataclass(frozen=True)
class Vacancy:
    """Metals at `sites` leave with the ligands they alone hold."""

    sites: tuple[str, ...]

    def __str__(self) -> str:
        return f"vacancy {' '.join(self.sites)}"


@dataclass(frozen=True)
class Filling:
    """`metal` with `ligand` comes to the open site over the metals `around`."""

    metal: str
    ligand: str
    around: tuple[str, ...]

    def __str__(self) -> str:
        return f"fill {self.metal} {self.ligand} at {' '.join(self.around)}"


@dataclass(frozen=True)
class LigandSwap:
    """The ligands whose first donors are `sites` become `ligand`."""

    sites: tuple[str, ...]
    ligand: str

    def __str__(self) -> str:
        return f"swap {' '.join(self.sites)} -> {self.ligand}"


@dataclass(frozen=True)
class Twist:
    """The end of a rod around the centre `end` turns by `degrees`, right-handed about the axis from the other end."""

    end: str
    degrees: float

    def __str__(self) -> str:
        return f"twist {self.end} by {self.degrees:g}"


Edit = Substitution | Vacancy | Filling | LigandSwap | Twist

_FORMS: dict[str, str] = {
    "substitute": r"(?P<sites>\S.*?) -> (?P<to>\S+)",
    "vacancy": r"(?P<sites>\S.*)",
    "fill": r"(?P<metal>\S+) (?P<ligand>\S+) at (?P<sites>\S.*)",
    "swap": r"(?P<sites>\S.*?) -> (?P<to>\S+)",
    "twist": r"(?P<end>\S+) by (?P<degrees>[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)",
}


def parse_edit(text: str) -> Edit:
    """Edit of its text.

    Raises
    ------
    InputError
        If it is none; the nearest word is suggested.

    Examples
    --------
    >>> parse_edit("substitute Au3 Au7 -> Ag")
    Substitution(sites=('Au3', 'Au7'), element='Ag')
    >>> str(parse_edit("twist Au2 by 18"))
    'twist Au2 by 18'
    """
    word, _, rest = text.strip().partition(" ")
    match = re.fullmatch(_FORMS.get(word, "(?!)"), rest.strip())
    if match is None:
        near = get_close_matches(word, _FORMS, n=1)
        hint = f"Did you mean {near[0]}?" if near and word not in _FORMS else None
        raise InputError("not an edit.", found=repr(text), expected="as in substitute Au3 -> Ag", hint=hint)
    found = match.groupdict()
    sites = tuple((found.get("sites") or "").split())
    if word == "substitute":
        return Substitution(sites, found["to"])
    if word == "vacancy":
        return Vacancy(sites)
    if word == "fill":
        return Filling(found["metal"], found["ligand"], sites)
    if word == "swap":
        return LigandSwap(sites, found["to"])
    return Twist(found["end"], float(found["degrees"]))


def edits_text(edits: Iterable[Edit]) -> str:
    """Edits in their order, joined by semicolons."""
    return "; ".join(str(edit) for edit in edits)


def parse_edits(text: str) -> tuple[Edit, ...]:
    """Inverse of `edits_text`; empty text is no edit.

    >>> parse_edits("vacancy Au4; fill Au PH3 at Au2 Au5") == (Vacancy(("Au4",)), Filling("Au", "PH3", ("Au2", "Au5")))
    True
    """
    return tuple(parse_edit(part) for part in text.split(";") if part.strip())
