"""Rings of thiolates by rule: M4(SR)4, and M12(SR)12 as one ring or as two stacked ones, isomers whose gaps differ."""

from __future__ import annotations

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly, cylinder, unit
from mlcluster.design.frameworks.donors import attach, substituent, tie_heads
from mlcluster.structure.cluster import Cluster

_BOND = {"Au": 2.33, "Ag": 2.40, "Cu": 2.22}
"""Metal to a doubly bridging sulfur, angstrom."""
_SELENIUM = 0.12
"""By which bonds to selenium are longer, angstrom."""
_HEIGHT = 3.0
"""Between stacked rings, angstrom: a metallophilic contact."""


def m4_ring(r: str = "H", *, metal: str = "Cu", donor: str = "S", charge: int = 0) -> Cluster:
    """M4(SR)4 as one ring of two-coordinate metals, a square, substituents up and down in turns."""
    assembly = Assembly(f"{metal}4({donor}{r})4 ring", charge)
    _ring(assembly, 4, 0.0, metal, donor, r, sides=(1, -1))
    return assembly.finish()


def m12_ring(r: str = "H", *, metal: str = "Au", donor: str = "S", charge: int = 0) -> Cluster:
    """M12(SR)12 as one ring of two-coordinate metals, substituents up and down in turns. An assumed structure."""
    assembly = Assembly(f"{metal}12({donor}{r})12 ring", charge)
    _ring(assembly, 12, 0.0, metal, donor, r, sides=(1, -1))
    return assembly.finish()


def m12_stacked_rings(r: str = "H", *, metal: str = "Au", donor: str = "S", charge: int = 0) -> Cluster:
    """M12(SR)12 as two rings [M(SR)]6 with metal above metal, substituents outwards. An assumed structure."""
    assembly = Assembly(f"{metal}12({donor}{r})12 stacked rings", charge)
    for side in (1, -1):
        _ring(assembly, 6, side * _HEIGHT / 2, metal, donor, r, sides=(side,))
    return assembly.finish()


def _ring(
    assembly: Assembly, count: int, height: float, metal: str, donor: str, r: str, *, sides: tuple[int, ...]
) -> None:
    """A planar ring at a height; its substituents lean to the sides given, by turns."""
    edge = 2 * (_BOND.get(metal, _BOND["Au"]) + (_SELENIUM if donor == "Se" else 0.0))
    radius, step = edge / 2 / np.sin(np.pi / count), 360 / count
    middle = radius * np.cos(np.pi / count)
    metals = [assembly.add(metal, cylinder(step * (k + 0.5), middle, height)) for k in range(count)]
    for k in range(count):
        at = cylinder(step * k, radius, height)
        atom = assembly.add(donor, at)
        ends = [metals[k - 1], metals[k]]
        for end in ends:
            assembly.tie(end, atom)
        leaning = unit(cylinder(step * k, 0.6, 0.8 * sides[k % len(sides)]))
        head = attach(assembly, atom, substituent(donor, at, leaning, r))[0]
        tie_heads(assembly, ends, [head], 0.3)
