"""Kinds of ligand shells: which anionic ligands go where, in which order, and which neutral one fills what is left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """One anionic ligand or staple; each takes one electron from the kernel.

    A staple M(SR)2 or M2(SR)3 brings one or two electrons with its metals and takes one more with its donors.

    Parameters
    ----------
    kind
        Kind of `Site`.
    donor
        Element that binds: S and Se carry hydrogen, C is that of C2H, H a hydride.
    """

    kind: str
    donor: str


@dataclass(frozen=True)
class ShellKind:
    """A rule for a shell.

    Parameters
    ----------
    name
        As in `SHELLS`.
    units
        What is set; the first that has room, in turn where `turns`.
    neutral
        ``"PH3"``, ``"carbene"`` (the ring C3H4N2) or nothing.
    turns
        Whether the units take turns.
    """

    name: str
    units: tuple[Unit, ...]
    neutral: str = ""
    turns: bool = False


def _units(text: str) -> tuple[Unit, ...]:
    return tuple(Unit(*word.split("-")) for word in text.split())


SHELLS: dict[str, ShellKind] = {
    shell.name: shell
    for shell in (
        ShellKind("phosphine-chloride", _units("top-Cl edge-Cl"), "PH3"),
        ShellKind("phosphine-bridging-chloride", _units("edge-Cl hollow-Cl top-Cl"), "PH3"),
        ShellKind("phosphine-bromide", _units("top-Br edge-Br"), "PH3"),
        ShellKind("phosphine-iodide", _units("edge-I top-I"), "PH3"),
        ShellKind("thiolate", _units("edge-S hollow-S")),
        ShellKind("thiolate-phosphine", _units("edge-S hollow-S"), "PH3"),
        ShellKind("hollow-thiolate-phosphine", _units("hollow-S edge-S"), "PH3"),
        ShellKind("selenolate-phosphine", _units("edge-Se hollow-Se"), "PH3"),
        ShellKind("staples", _units("staple2-S staple1-S edge-S")),
        ShellKind("short-staples", _units("staple1-S edge-S")),
        ShellKind("staples-bridges", _units("staple2-S edge-S staple1-S"), turns=True),
        ShellKind("staples-phosphine", _units("staple1-S staple2-S edge-S"), "PH3"),
        ShellKind("alkynyl-phosphine", _units("top-C"), "PH3"),
        ShellKind("alkynyl-thiolate", _units("top-C edge-S"), "PH3", turns=True),
        ShellKind("hydride-phosphine", _units("hollow-H edge-H"), "PH3"),
        ShellKind("hydride-thiolate", _units("hollow-H edge-S"), "PH3", turns=True),
        ShellKind("carbene-halide", _units("top-Cl edge-Br"), "carbene"),
        ShellKind("thiolate-chloride", _units("edge-S top-Cl"), turns=True),
        ShellKind("chloride", _units("edge-Cl top-Cl hollow-Cl")),
    )
}
"""Shells by name."""
