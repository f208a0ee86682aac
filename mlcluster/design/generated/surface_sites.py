"""Places for ligands on a kernel: over one metal, an edge or a hollow, and between two metals for a staple."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import perpendicular, unit
from mlcluster.design.generated.kernel_metals import Kernel, contact
from mlcluster.design.generated.metal_cuts import CONTACT as TOUCHING

EXPOSED = 1.0
"""Length of the sum of unit vectors away from the neighbours beyond which a metal lies on the surface."""
TO_METAL = {"H": 1.72, "C": 2.03, "P": 2.32, "S": 2.36, "Se": 2.46, "Cl": 2.38, "Br": 2.50, "I": 2.66}
"""Bond of gold to one donor, angstrom, as in crystals of clusters."""
_LARGER = {"Au": 0.0, "Ag": 0.10, "Cu": -0.10, "Pd": 0.0}
_BRIDGING = (0.0, 0.06, 0.14)
"""Longer bonds of donors that bridge two and three metals, angstrom."""
REACH = {1: (3.6, 5.5), 2: (3.9, 5.7)}
"""Distance of the two metals that a staple of one or two metals joins, angstrom."""
_NARROWEST = {1: 0.0, 2: -0.5}
"""Smallest cosine between the outward normals of the ends of a staple; -0.45 in M25(SR)18."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """A place for one ligand or staple.

    Parameters
    ----------
    kind
        ``"top"``, ``"edge"``, ``"hollow"``, ``"staple1"`` or ``"staple2"``.
    metals
        Atoms of the kernel that it binds to.
    outwards
        Unit vector away from the kernel.
    """

    kind: str
    metals: tuple[int, ...]
    outwards: NDArray[np.float64]


def bond_length(metal: str, donor: str, metals: int = 1) -> float:
    """Length of the bond of a metal to a donor that holds so many metals, angstrom."""
    return TO_METAL[donor] + _LARGER[metal] + _BRIDGING[metals - 1]


def outward_normals(kernel: Kernel) -> dict[int, NDArray[np.float64]]:
    """Outward unit vector of every metal on the surface."""
    points = kernel.positions
    difference = points[:, None] - points[None]
    distance = np.linalg.norm(difference, axis=-1)
    wanted = np.array([[contact(a, b) for b in kernel.symbols] for a in kernel.symbols])
    near = (distance < TOUCHING * wanted) & (distance > 0)
    away = np.where(near[..., None], difference / np.maximum(distance, 1e-9)[..., None], 0.0).sum(axis=1)
    size = np.linalg.norm(away, axis=1)
    return {k: away[k] / size[k] for k in range(len(points)) if size[k] > EXPOSED}


def sites(kernel: Kernel) -> list[Site]:
    """Every place on the surface of a kernel, in a fixed order."""
    normals = outward_normals(kernel)
    points, symbols = kernel.positions, kernel.symbols

    def touch(a: int, b: int) -> bool:
        return bool(np.linalg.norm(points[a] - points[b]) < TOUCHING * contact(symbols[a], symbols[b]))

    found = [Site(kind="top", metals=(k,), outwards=n) for k, n in normals.items()]
    edges = [pair for pair in combinations(normals, 2) if touch(*pair)]
    for a, b in edges:
        total = _across(normals[a] + normals[b], points[b] - points[a])
        if total is not None:
            found.append(Site(kind="edge", metals=(a, b), outwards=total))
    for a, b, c in combinations(normals, 3):
        if touch(a, b) and touch(b, c) and touch(a, c):
            normal = unit(np.cross(points[b] - points[a], points[c] - points[a]))
            lean = normal @ (normals[a] + normals[b] + normals[c])
            if abs(lean) > 0.3:
                found.append(Site(kind="hollow", metals=(a, b, c), outwards=normal * np.sign(lean)))
    for a, b in combinations(normals, 2):
        apart = float(np.linalg.norm(points[a] - points[b]))
        total = _across(normals[a] + normals[b], points[b] - points[a])
        if total is None or touch(a, b):
            continue
        found += [
            Site(kind=f"staple{n}", metals=(a, b), outwards=total)
            for n, (low, high) in REACH.items()
            if low < apart < high and normals[a] @ normals[b] > _NARROWEST[n]
        ]
    return found


def _across(total: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The part of a vector at right angles to a line, of length one; None where little is left of it."""
    line = unit(along)
    rest = total - total @ line * line
    return unit(rest) if np.linalg.norm(rest) > 0.3 else None


def donor_point(kernel: Kernel, site: Site, donor: str) -> NDArray[np.float64]:
    """Where the donor of a top, edge or hollow stands, angstrom."""
    number = len(site.metals)
    ends = kernel.positions[list(site.metals)]
    middle = ends.mean(axis=0)
    length = float(np.mean([bond_length(kernel.symbols[m], donor, number) for m in site.metals]))
    spread = float(np.mean(np.sum((ends - middle) ** 2, axis=1)))
    return middle + max(length**2 - spread, 0.16) ** 0.5 * site.outwards


def staple_points(kernel: Kernel, site: Site, donor: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Donors and metals of a staple, (n + 1, 3) and (n, 3) in angstrom, in the order of the chain.

    In the shape of the staples of M25(SR)18 and of the waist of M38(SR)24, stretched to the distance of the ends.
    """
    a, b = kernel.positions[list(site.metals)]
    middle, along = (a + b) / 2, unit(b - a)
    half = float(np.linalg.norm(b - a)) / 2
    up = site.outwards
    bond = bond_length(kernel.symbols[site.metals[0]], donor)
    if site.kind == "staple1":
        rise = max(bond**2 - (2.33 - half) ** 2, 1.0) ** 0.5
        donors = [middle - 2.33 * along + rise * up, middle + 2.33 * along + rise * up]
        return np.array(donors), np.array([middle + (rise + 0.2) * up])
    wide = min(half + 1.2, 3.7)
    rise = max(bond**2 - (wide - half) ** 2, 1.0) ** 0.5
    high = rise + max(4.66**2 - wide**2, 1.0) ** 0.5
    donors = [middle - wide * along + rise * up, middle + high * up, middle + wide * along + rise * up]
    metals = [(donors[0] + donors[1]) / 2, (donors[1] + donors[2]) / 2]
    return np.array(donors), np.array(metals)


def side_of(site: Site, kernel: Kernel) -> NDArray[np.float64]:
    """Unit vector across the plane of a staple or of an edge and its normal."""
    if len(site.metals) < 2:
        return perpendicular(site.outwards)
    a, b = kernel.positions[list(site.metals[:2])]
    return unit(np.cross(b - a, site.outwards))
