"""Sizes, distances and symmetry of a cluster: metal core, contacts and bonds, point group and symmetry measures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.anatomy import Anatomy
from mlcluster.geometry.point_group import TOLERANCE, point_group
from mlcluster.geometry.symmetry_measure import Nearest, nearest_group, symmetry_measures

MOST_MEASURED = 60
"""Most atoms of which continuous symmetry measures are given."""
FARTHEST = 10.0
"""Largest measure given: a cuboctahedron is 5.3 from icosahedral symmetry, a trigonal prism 16.7 from octahedral."""

Subset = Literal["kernel", "core", "whole"]


def core_extents(anatomy: Anatomy) -> tuple[float, float, float] | None:
    """Longest to shortest extent of the metal atoms along their own principal axes, angstrom; None below two."""
    points = anatomy.cluster.positions[anatomy.metal]
    if len(points) < 2:
        return None
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    spans = sorted(np.ptp(centred @ axes.T, axis=0).tolist(), reverse=True)
    return spans[0], spans[1], spans[2]


def contact_distances(anatomy: Anatomy) -> dict[str, dict[str, float]]:
    """Number, mean, shortest and longest of each kind of bond that involves a metal, by element pair.

    Examples
    --------
    ``{"Au-S": {"count": 36, "mean": 2.35, "min": 2.30, "max": 2.41}}``; metals are named first, distances are
    in angstrom.
    """
    bonds, metal, symbols = anatomy.bonds, anatomy.metal, anatomy.cluster.symbols
    once = (bonds.first < bonds.second) & (metal[bonds.first] | metal[bonds.second])
    found: dict[str, list[float]] = {}
    for a, b, d in _metal_first(anatomy, once):
        found.setdefault(f"{symbols[a]}-{symbols[b]}", []).append(d)
    return {pair: _statistics(lengths) for pair, lengths in sorted(found.items())}


def bond_statistics(anatomy: Anatomy) -> list[dict[str, Any]]:
    """Number, mean, shortest and longest of the bonds of each element pair in each part, angstrom.

    Between metals the part is ``"kernel centre"`` (from the centre of a polyhedron to its vertices), ``"kernel"``,
    ``"core-shell"`` (kernel to staple or surface metals) or ``"shell"``; between metals and donors ``"staple"``,
    ``"kernel-staple"``, ``"surface"`` or ``"kernel"``, by the metal and the donor.

    Examples
    --------
    ``{"pair": "Au-S", "part": "staple", "count": 24, "mean": 2.33, "min": 2.31, "max": 2.34}``
    """
    bonds, metal, symbols, labels = anatomy.bonds, anatomy.metal, anatomy.cluster.symbols, anatomy.parts.labels
    kinds = [_KINDS.get(label, "") for label in labels]
    for centre in (core.centre for core in anatomy.cores if kinds[core.centre] == "kernel"):
        kinds[centre] = "centre"
    once = metal[bonds.first] & (~metal[bonds.second] | (bonds.first < bonds.second))
    found: dict[tuple[str, str], list[float]] = {}
    for a, b, d in _metal_first(anatomy, once):
        part = _part(kinds[a], kinds[b]) if metal[b] else _donor_part(kinds[a], labels[b] == "staple")
        found.setdefault((f"{symbols[a]}-{symbols[b]}", part), []).append(d)
    return [{"pair": pair, "part": part} | _statistics(lengths) for (pair, part), lengths in sorted(found.items())]


def _metal_first(anatomy: Anatomy, chosen: NDArray[np.bool_]) -> Iterator[tuple[int, int, float]]:
    """Both atoms and the length of each chosen bond: a metal before a donor, the heavier of two metals first."""
    z, bonds, metal = anatomy.cluster.numbers, anatomy.bonds, anatomy.metal
    first, second = bonds.first[chosen], bonds.second[chosen]
    swap = ~metal[first] | (metal[second] & (z[second] > z[first]))
    ends = np.where(swap, second, first).tolist(), np.where(swap, first, second).tolist()
    return zip(*ends, bonds.distance[chosen].tolist(), strict=True)


def _statistics(lengths: list[float]) -> dict[str, Any]:
    return {"count": len(lengths), "mean": float(np.mean(lengths)), "min": min(lengths), "max": max(lengths)}


_KINDS = {"kernel metal": "kernel", "surface metal": "surface", "staple": "staple"}


def _part(a: str, b: str) -> str:
    kernel = [kind in ("kernel", "centre") for kind in (a, b)]
    if all(kernel):
        return "kernel centre" if "centre" in (a, b) else "kernel"
    return "core-shell" if any(kernel) else "shell"


def _donor_part(metal: str, in_staple: bool) -> str:
    if metal in ("kernel", "centre"):
        return "kernel-staple" if in_staple else "kernel"
    return metal


def symmetry_of(anatomy: Anatomy, subset: Subset = "kernel", tolerance: float = TOLERANCE) -> dict[str, Any]:
    """Point group of part of a cluster, its continuous symmetry measures, and the ideal group that is nearest.

    Parameters
    ----------
    subset
        The kernel metals (all metals where there is no kernel), all metals with their donors (``"core"``), or all
        atoms (``"whole"``).
    tolerance
        Largest distance (angstrom) between the image of an atom and the atom it falls on.

    Returns
    -------
    dict[str, Any]
        ``{"point_group": {"of", "symbol", "tolerance"}, "symmetry_measures": {"Ih": 0.12, ...}, "nearest_group":
        {"symbol", "measure", "deviation", "near"}}``; no measures and None for more than `MOST_MEASURED` atoms.
    """
    chosen = _chosen(anatomy, subset)
    numbers, positions = anatomy.cluster.numbers[chosen], anatomy.cluster.positions[chosen]
    measures = symmetry_measures(numbers, positions) if len(numbers) <= MOST_MEASURED else {}
    nearest = nearest_group(measures, positions)
    return {
        "nearest_group": None if nearest is None else nearest._asdict(),
        "point_group": {"of": subset, "symbol": point_group(numbers, positions, tolerance), "tolerance": tolerance},
        "symmetry_measures": {symbol: value for symbol, value in measures.items() if value < FARTHEST},
    }


def framework_group(anatomy: Anatomy) -> Nearest | None:
    """Ideal group nearest to the kernel with all its metals taken as one element; None where it is too large."""
    positions = anatomy.cluster.positions[_chosen(anatomy, "kernel")]
    if len(positions) > MOST_MEASURED:
        return None
    return nearest_group(symmetry_measures(np.full(len(positions), 79), positions), positions)


def _chosen(anatomy: Anatomy, subset: Subset) -> NDArray[np.bool_]:
    chosen = anatomy.metal.copy()
    kernel = anatomy.parts.atoms("kernel metal")
    if subset == "kernel" and len(kernel):
        chosen[:] = False
        chosen[kernel] = True
    if subset == "core":
        chosen[[donor for ligand in anatomy.ligands for donor in ligand.donors]] = True
    if subset == "whole" or not chosen.any():
        chosen[:] = True
    return chosen
