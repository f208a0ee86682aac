"""The M25 rod: two icosahedra that share a vertex, at any twist, with halide or thiolate bridges around the waist."""

from __future__ import annotations

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly, cylinder, unit
from mlcluster.design.frameworks.donors import bridging_halide, halide, phosphine, thiolate
from mlcluster.errors import ConfigError
from mlcluster.structure.cluster import Cluster

RADIUS = 2.78
"""Centre to vertex of each icosahedron, angstrom."""
_HALVES = (1, -1)


def rod_halide(
    twist: float = 0.0,
    bridges: str = "E",
    r: str = "H",
    *,
    ends: str = "Au",
    belt: str = "Ag",
    apex: str = "Ag",
    element: str = "Cl",
) -> Cluster:
    """[Au13Ag12(PR3)10Cl8]+ and its relatives: 16 superatom electrons.

    Parameters
    ----------
    twist
        Angle between the two belt pentagons in degrees: 0 eclipsed (kernel D5h), 36 staggered (D5d).
    bridges
        ``"E"``: 5 doubly and 1 quadruply bridging halides; ``"S"``: 4 doubly and 2 triply bridging ones, as in the
        eclipsed and staggered isomers (10.1038/s41467-020-19789-4).
    r
        Substituent of the phosphines.
    ends, belt, apex
        Metals that carry phosphines, bridges and terminal halides.
    element
        The halide.
    """
    if bridges not in ("E", "S"):
        raise ConfigError("no such pattern of halide bridges.", found=bridges, expected="E or S")
    assembly = Assembly(f"rod {bridges} {ends}{belt}{apex} {element} P{r}3, twist {twist:g}", 1)
    upper, lower = _kernel(assembly, twist, ends, belt, apex, shared=True)
    if bridges == "E":
        _bridges_eclipsed(assembly, upper.belt, lower.belt, element)
    else:
        _bridges_staggered(assembly, upper.belt, lower.belt, element, twist)
    _end_ligands(assembly, (upper, lower), r, element)
    return assembly.finish()


def rod_thiolate(
    r: str = "H", *, metal: str = "Au", vacancy: bool = False, element: str = "Cl", donor: str = "S", twist: float = 0.0
) -> Cluster:
    """[Au25(PR3)10(SR)5Cl2]2+, or [Au24(PR3)10(SR)5Cl2]+ with its central atom missing: 16 electrons both.

    Parameters
    ----------
    r
        Substituent of phosphines and thiolates.
    metal
        Metal of the surface; the three central atoms are gold, as in all rods here.
    vacancy
        Leave out the atom that both icosahedra share.
    """
    kind = "rod vacancy" if vacancy else "rod"
    assembly = Assembly(f"{kind} {metal} {donor}{r} {element} P{r}3", 1 if vacancy else 2)
    upper, lower = _kernel(assembly, twist, metal, metal, metal, shared=not vacancy)
    for k, pair in enumerate(zip(upper.belt, lower.belt, strict=True)):
        # All substituents lean the same way around the waist.
        around = cylinder(72 * k + 90, 1.0)
        thiolate(assembly, cylinder(72 * k, 4.15), pair, r, element=donor, length=2.38, side=around)
    _end_ligands(assembly, (upper, lower), r, element)
    return assembly.finish()


class _Half:
    """One icosahedron without the shared vertex; `sign` is its side along z, `turn` its rotation in degrees."""

    def __init__(self, assembly: Assembly, sign: int, turn: float, ends: str, belt: str, apex: str) -> None:
        wide, high = 2 * RADIUS / 5**0.5, RADIUS / 5**0.5
        self.sign = sign
        self.centre = assembly.add("Au", (0, 0, sign * RADIUS))
        self.apex = assembly.add(apex, (0, 0, sign * 2 * RADIUS))
        ring = [cylinder(72 * k + 36 + turn, wide, sign * (RADIUS + high)) for k in range(5)]
        self.ends = assembly.add_all(ends, ring)
        self.belt = assembly.add_all(belt, [cylinder(72 * k + turn, wide, sign * (RADIUS - high)) for k in range(5)])


def _kernel(assembly: Assembly, twist: float, ends: str, belt: str, apex: str, *, shared: bool) -> tuple[_Half, _Half]:
    if shared:
        assembly.add("Au", (0, 0, 0))
    upper, lower = (_Half(assembly, sign, sign * twist / 2, ends, belt, apex) for sign in _HALVES)
    assembly.tie_metals(3.4)
    return upper, lower


def _end_ligands(assembly: Assembly, halves: tuple[_Half, _Half], r: str, element: str) -> None:
    for half in halves:
        halide(assembly, half.apex, (0, 0, half.sign), element)
    for half in halves:
        for metal in half.ends:
            phosphine(assembly, metal, assembly.points[metal] - assembly.points[half.centre], r)


def _bridges_eclipsed(assembly: Assembly, upper: list[int], lower: list[int], element: str) -> None:
    # Pair k of belt atoms stands at azimuth 72 k. The four-fold halide sits between pairs 0 and 1; the others give way.
    four = [upper[0], upper[1], lower[0], lower[1]]
    bridging_halide(assembly, cylinder(36, 4.25), four, 2.85, element)
    for k, aside in ((0, -14), (1, 14), (2, 5), (3, 0), (4, -5)):
        bridging_halide(assembly, cylinder(72 * k + aside, 4.45), [upper[k], lower[k]], 2.55, element)


def _bridges_staggered(assembly: Assembly, upper: list[int], lower: list[int], element: str, twist: float) -> None:
    # Around the waist the belt atoms alternate: lower 0, upper 0, lower 1, upper 1, ...
    ring = [atom for pair in zip(lower, upper, strict=True) for atom in pair]
    azimuths = [72 * k + side * twist / 2 for k in range(5) for side in (-1, 1)]
    for members in ((9, 0, 1), (4, 5, 6), (1, 2), (3, 4), (6, 7), (8, 9)):
        metals = [ring[m] for m in members]
        outwards = unit(np.sum([cylinder(azimuths[m], 1.0) for m in members], axis=0))
        height = float(np.mean([assembly.points[metal][2] for metal in metals]))
        three = len(members) == 3
        point = (4.35 if three else 4.5) * outwards + (0, 0, 0.3 * height if three else 0.0)
        bridging_halide(assembly, point, metals, 2.70 if three else 2.55, element)
