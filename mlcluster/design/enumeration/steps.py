"""What can be asked for: one small object a step, with the text form ``substitute to=Ag,Cu k=1-2``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from mlcluster.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SubstituteStep:
    """Other metals at k sites.

    Parameters
    ----------
    to
        Elements, one kind of candidate each.
    k
        Numbers of sites, one kind of candidate each.
    of
        Only sites of these elements; all metals when empty.
    sites
        Only these site labels; all when empty.
    """

    to: tuple[str, ...]
    k: tuple[int, ...] = (1,)
    of: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VacancyStep:
    """Surface metals leave with the ligands they alone hold.

    Parameters
    ----------
    k, of, sites
        As for `SubstituteStep`.
    bare
        Also surface metals that share all of their ligands with others, which stay there.
    """

    k: tuple[int, ...] = (1,)
    of: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    bare: bool = False


@dataclass(frozen=True, kw_only=True)
class FillStep:
    """A metal with a ligand on k open sites of the surface.

    Parameters
    ----------
    metal, ligand
        What comes; the commonest metal that alone holds a ligand, and the commonest such ligand, when empty.
    k
        As for `SubstituteStep`.
    cap
        Fewest metals that the site has to cap, 3 to 6.
    """

    metal: str = ""
    ligand: str = ""
    k: tuple[int, ...] = (1,)
    cap: int = 3


@dataclass(frozen=True, kw_only=True)
class SwapStep:
    """Other ligands in place of those there.

    Parameters
    ----------
    to
        New ligands by name, one kind of candidate each.
    of
        Old ligands by name, or a class such as SR; all of the kind of the new one when empty.
    k
        Numbers of ligands; all of them at once when empty.
    sites
        Only ligands whose first donors have these labels; all when empty.
    """

    to: tuple[str, ...]
    of: tuple[str, ...] = ()
    k: tuple[int, ...] = ()
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TwistStep:
    """One end of a rod turned about its axis.

    Parameters
    ----------
    degrees
        Angles, one candidate each; positive is right-handed about the axis away from the other end.
    end
        Label of the centre of the end that turns; the first one when empty, as the other gives the same.
    """

    degrees: tuple[float, ...]
    end: str = ""


Step = SubstituteStep | VacancyStep | FillStep | SwapStep | TwistStep

STEPS: dict[str, type[Step]] = {
    "substitute": SubstituteStep,
    "vacancy": VacancyStep,
    "fill": FillStep,
    "swap": SwapStep,
    "twist": TwistStep,
}


def step_of(verb: str, settings: Mapping[str, Any]) -> Step:
    """Step of a verb and its settings, as words or as lists.

    Raises
    ------
    ConfigError
        If the verb or a setting is unknown (the nearest is suggested), missing or no such value.

    Examples
    --------
    >>> step_of("substitute", {"to": "Ag,Cu", "k": "1-2"})
    SubstituteStep(to=('Ag', 'Cu'), k=(1, 2), of=(), sites=())
    """
    if verb not in STEPS:
        raise _unknown("step", verb, STEPS)
    kind = STEPS[verb]
    known = {field.name: str(field.type) for field in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in known:
            raise _unknown(f"setting of {verb}", key, known)
        values[key] = _value(f"{verb} {key}", value, known[key])
    try:
        step: Step = kind(**values)
    except TypeError:
        needed = "to" if "to" in known else "degrees"
        raise ConfigError(f"{verb} lacks a setting.", found=dict(settings), expected=f"{needed}=...") from None
    return step


def parse_step(text: str) -> Step:
    """Step of its text form, as ``--then`` takes it.

    Raises
    ------
    ConfigError
        As `step_of`.

    Examples
    --------
    >>> parse_step("twist degrees=6,12")
    TwistStep(degrees=(6.0, 12.0), end='')
    """
    words = text.split()
    bad = [word for word in words[1:] if "=" not in word]
    if not words or bad:
        raise ConfigError(
            "not a step.", found=repr(bad[0] if bad else text), expected='as in "substitute to=Ag k=1-2 of=Au"'
        )
    settings = dict(word.split("=", 1) for word in words[1:])
    return step_of(words[0], settings)


def whole_numbers(what: str, value: Any) -> tuple[int, ...]:
    """Whole numbers of ``2``, ``[1, 2]``, ``"1,3"``, ``"1-3"``; ``"all"`` is none.

    >>> whole_numbers("k", "1-3,6")
    (1, 2, 3, 6)
    """
    parts = [str(item).strip() for item in (value if isinstance(value, list | tuple) else str(value).split(","))]
    if parts == ["all"]:
        return ()
    found: list[int] = []
    try:
        for part in parts:
            low, _, high = part.partition("-")
            found += range(int(low), int(high or low) + 1)
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise ConfigError(f"{what} is not a number of sites.", found=value, expected="as in 1, 2 or 1-3")
    return tuple(dict.fromkeys(found))


def _value(what: str, value: Any, kind: str) -> Any:
    items = list(value) if isinstance(value, list | tuple) else str(value).split(",")
    words = tuple(str(item).strip() for item in items if str(item).strip())
    if kind == "tuple[int, ...]":
        return whole_numbers(what, value)
    if kind == "tuple[str, ...]":
        return words
    try:
        if kind == "tuple[float, ...]":
            return tuple(float(word) for word in words)
        if kind == "int":
            return int(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{what} is not a number.", found=value) from None
    if kind == "bool":
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes")
    return str(value)


def _unknown(what: str, found: str, known: Mapping[str, Any]) -> ConfigError:
    near = get_close_matches(found, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else None
    return ConfigError(f"no such {what}.", found=found, expected=", ".join(known), hint=hint)
