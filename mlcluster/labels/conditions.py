"""Conditions of a measurement in controlled words: state of matter, solvents, oxygen and temperature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mlcluster.errors import DataError

State = Literal["solution", "crystal", "powder", "film", "solid", "calculated"]
_SOLID_STATES = ("crystal", "powder", "film", "solid")

ROOM_TEMPERATURE = 298.0
"""Kelvin, where a source says room temperature and no number."""

TEMPERATURE_RANGE = (1.0, 600.0)
"""Kelvin; outside of it nobody has measured a cluster."""

SOLVENTS: dict[str, str] = {
    spelling: name
    for name, spellings in {
        "dichloromethane": "ch2cl2 dcm methylenechloride",
        "chloroform": "chcl3",
        "toluene": "phme",
        "benzene": "c6h6",
        "tetrahydrofuran": "thf",
        "2-methyltetrahydrofuran": "2-methf methf",
        "ethyl acetate": "etoac",
        "acetonitrile": "mecn ch3cn",
        "acetone": "",
        "dimethylformamide": "dmf",
        "dimethyl sulfoxide": "dmso",
        "methanol": "meoh",
        "ethanol": "etoh",
        "hexane": "n-hexane",
        "cyclohexane": "",
        "water": "h2o aqueous",
    }.items()
    for spelling in (name, *spellings.split())
}
"""Name of each solvent by the words it is written with, in lower case."""

# Phrase -> state it stands for; the first that occurs decides.
_STATES: tuple[tuple[str, State], ...] = (
    ("calc", "calculated"),
    ("model", "calculated"),
    ("gas phase", "calculated"),
    ("crystal", "crystal"),
    ("film", "film"),
    ("powder", "powder"),
    ("solid", "solid"),
    ("solution", "solution"),
    ("solvent", "solution"),
)
_OXYGEN = re.compile(r"non-?\s?degassed|aerated and degassed|deaerated|degassed|aerated|\bair\b|\bn2\b|argon")
_WITHOUT_OXYGEN = {"deaerated", "degassed", "n2", "argon"}


@dataclass(frozen=True)
class Medium:
    """What surrounded the cluster.

    Parameters
    ----------
    text
        As the source says it.
    state
        State of matter, or None where the text does not tell.
    solvents
        Names of the solvents, in the order of the text; several where the source gives one value for several.
    oxygen
        True in air, False without it, None where not stated or where both were measured.
    """

    text: str
    state: State | None = None
    solvents: tuple[str, ...] = ()
    oxygen: bool | None = None

    @property
    def is_solid(self) -> bool:
        """Whether it is known to be a solid of whatever kind."""
        return self.state in _SOLID_STATES

    @property
    def name(self) -> str | None:
        """Normalised name: state, solvents and oxygen; None where nothing of it is known.

        >>> parse_medium("CH2Cl2, non-degassed").name
        'solution (dichloromethane), air'
        """
        solvents = f" ({', '.join(self.solvents)})" if self.solvents else ""
        oxygen = {True: ", air", False: ", deaerated", None: ""}[self.oxygen]
        return f"{self.state or 'not stated'}{solvents}{oxygen}" if self.state or oxygen else None


def parse_medium(text: str) -> Medium:
    """State, solvents and oxygen of a medium in free words; the words themselves are kept.

    >>> parse_medium("deaerated dichloromethane")
    Medium(text='deaerated dichloromethane', state='solution', solvents=('dichloromethane',), oxygen=False)
    >>> parse_medium("").name is None
    True
    """
    lower = text.lower()
    state = next((state for phrase, state in _STATES if phrase in lower), None)
    words = re.findall(r"[\w-]+", lower)
    phrases = words + [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]
    solvents = tuple(dict.fromkeys(SOLVENTS[phrase] for phrase in phrases if phrase in SOLVENTS))
    if solvents and state in (None, "solution"):
        state = "solution"
    return Medium(text=text, state=state, solvents=solvents, oxygen=_oxygen(lower))


def _oxygen(text: str) -> bool | None:
    found = _OXYGEN.search(text)
    if found is None or found[0] == "aerated and degassed":
        return None
    return found[0] not in _WITHOUT_OXYGEN


def parse_temperature(text: str) -> float | None:
    """Temperature in kelvin; room temperature in words is 298 K, an empty cell is not stated.

    Raises
    ------
    DataError
        For anything else, in particular degrees Celsius.

    Examples
    --------
    >>> parse_temperature("77"), parse_temperature("room temperature"), parse_temperature("")
    (77.0, 298.0, None)
    """
    if not text.strip():
        return None
    if text.strip().lower() in {"rt", "r.t.", "room temperature", "ambient"}:
        return ROOM_TEMPERATURE
    low, high = TEMPERATURE_RANGE
    try:
        kelvin = float(text)
    except ValueError:
        kelvin = float("nan")
    if not low <= kelvin <= high:
        raise DataError(
            "not a temperature in kelvin.",
            found=text,
            expected=f"{low:g} to {high:g}, or RT",
            hint="Degrees Celsius plus 273.15 are kelvin.",
        )
    return kelvin
