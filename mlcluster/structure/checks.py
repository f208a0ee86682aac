"""Doubts about a finished cluster and about the file's own formula: nothing is changed, everything is said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import COVALENT_RADIUS, NUMBERS, is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.charge import parse_moiety
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.report import Report, site_list

TOO_CLOSE = 0.6
"""Share of the sum of covalent radii below which two atoms cannot both be right (C-H 0.64, C-C 0.91 angstrom)."""
SHORT_BOND, SHORT_METAL_BOND, SHORT_MULTIPLE_BOND = 0.74, 0.85, 0.65
"""Shares of the sum of covalent radii below which a bond is doubted: C-C 1.12; Au-Au 2.31 angstrom; and of metals of
groups 5 to 9, which make multiple bonds in paddle wheels and octahedra, Mo-Mo 2.00, Ru-Ru 1.90, Cr-Cr 1.81."""
MULTIPLY_BONDED = [NUMBERS[s] for s in "V Cr Mn Fe Co Nb Mo Tc Ru Rh Ta W Re Os Ir".split()]
LONG_BOND = 1.15
"""Share above which a bond between non-metals is doubted (C-C 1.75, C-S 2.08 angstrom)."""


def closest_pair(cluster: Cluster, bonds: Bonds) -> tuple[int, int, float] | None:
    """The two atoms that are the most too close to be both right, and their distance, angstrom; None if none are."""
    ratio = bonds.distance / _radii_of(cluster, bonds)
    if not len(ratio) or ratio.min() >= TOO_CLOSE:
        return None
    worst = int(ratio.argmin())
    ends = sorted((int(bonds.first[worst]), int(bonds.second[worst])))
    return ends[0], ends[1], float(bonds.distance[worst])


def _radii_of(cluster: Cluster, bonds: Bonds) -> NDArray[np.float64]:
    """Sum of the covalent radii of both ends of each bond, angstrom."""
    radius: NDArray[np.float64] = COVALENT_RADIUS[np.minimum(cluster.numbers, len(COVALENT_RADIUS) - 1)]
    return radius[bonds.first] + radius[bonds.second]


def check_geometry(cluster: Cluster, bonds: Bonds, report: Report) -> None:
    """Atoms too close, suspicious bond lengths, too many bonds, missing hydrogens, bare sulfur."""
    z = cluster.numbers
    once = bonds.first < bonds.second
    first, second, distance = bonds.first[once], bonds.second[once], bonds.distance[once]
    ratio = distance / _radii_of(cluster, bonds)[once]
    metals = is_metal(z[first]) & is_metal(z[second])
    any_metal = is_metal(z[first]) | is_metal(z[second])
    close = ratio < TOO_CLOSE
    multiple = np.isin(z[first], MULTIPLY_BONDED) & np.isin(z[second], MULTIPLY_BONDED)
    least = np.where(multiple, SHORT_MULTIPLE_BOND, np.where(metals, SHORT_METAL_BOND, SHORT_BOND))
    short = ~close & (ratio < least)
    long = ~any_metal & (ratio > LONG_BOND)
    _pairs(cluster, first, second, distance, close, "atoms_too_close", "atoms too close to be both right", report)
    _pairs(cluster, first, second, distance, short, "short_bond", "unusually short bonds", report)
    _pairs(cluster, first, second, distance, long, "long_bond", "unusually long bonds", report)
    _check_crowding(cluster, bonds, report)
    _check_hydrogens(cluster, bonds, report)
    _check_bare_sulfur(cluster, bonds, report)


def _pairs(
    cluster: Cluster,
    first: NDArray,
    second: NDArray,
    distance: NDArray,
    which: NDArray[np.bool_],
    code: str,
    what: str,
    report: Report,
) -> None:
    found = np.flatnonzero(which)
    if found.size:
        names = [f"{cluster.labels[first[k]]}-{cluster.labels[second[k]]} {distance[k]:.2f}" for k in found]
        report.add("warning", code, f"{what} (angstrom): {site_list(names)}.", cluster.labels[first[found[0]]])


def _check_crowding(cluster: Cluster, bonds: Bonds, report: Report) -> None:
    z = cluster.numbers
    light = ~is_metal(z[bonds.second])
    partners = np.bincount(bonds.first[light], minlength=len(z))
    most = np.where(z == 1, 1, np.where((z == 6) | (z == 7), 4, 99))
    # Boron cages have five and six neighbours, and hydrogens bridge there.
    boron = np.zeros(len(z), dtype=bool)
    boron[bonds.first[z[bonds.second] == NUMBERS["B"]]] = True
    crowded = np.flatnonzero((partners > most) & ~boron)
    if crowded.size:
        names = [cluster.labels[i] for i in crowded]
        text = f"too many bonded neighbours at {site_list(names)}; overlapping atoms or disorder left over?"
        report.add("warning", "too_many_bonds", text, names[0])


def _check_hydrogens(cluster: Cluster, bonds: Bonds, report: Report) -> None:
    """Carbons that geometry says should carry hydrogen and that carry none.

    A carbon with one heavy neighbour beyond 1.25 angstrom, with two at a bent angle, or with three that are
    not in one plane (unit bond vectors add up to more than 0.7) lacks at least one.
    """
    z, xyz = cluster.numbers, cluster.positions
    carbon = z == 6
    if not carbon.any():
        return
    heavy = z[bonds.second] != 1
    first, second = bonds.first[heavy], bonds.second[heavy]
    n_heavy = np.bincount(first, minlength=len(z))
    n_hydrogen = np.bincount(bonds.first[~heavy], minlength=len(z))
    unit = (xyz[second] - xyz[first]) / bonds.distance[heavy][:, None]
    total = np.linalg.norm(np.stack([np.bincount(first, unit[:, k], len(z)) for k in range(3)], axis=1), axis=1)
    mean = np.bincount(first, bonds.distance[heavy], len(z)) / np.maximum(n_heavy, 1)
    lacking = (n_heavy == 1) & (mean > 1.25) | (n_heavy == 2) & (total > 0.5) | (n_heavy == 3) & (total > 0.7)
    # On a metal a bent or pyramidal carbon is a carbene, an alkynyl or a pi-bound ligand.
    on_metal = np.zeros(len(z), dtype=bool)
    on_metal[bonds.first[is_metal(z[bonds.second])]] = True
    lacking &= carbon & (n_hydrogen == 0) & ~on_metal
    found = np.flatnonzero(lacking)
    if not found.size:
        return
    names = [cluster.labels[i] for i in found]
    if not n_hydrogen[carbon].any():
        text = f"no hydrogen is placed on any carbon; {found.size} of {carbon.sum()} carbons lack theirs."
    else:
        text = f"{found.size} of {carbon.sum()} carbons lack their hydrogens: {site_list(names)}."
    report.add("warning", "missing_hydrogens", text, names[0])


def _check_bare_sulfur(cluster: Cluster, bonds: Bonds, report: Report) -> None:
    z = cluster.numbers
    if not is_metal(z).any() or "S:thiolate" in cluster.declared_ligands:
        return
    bound = np.zeros(len(z), dtype=bool)
    bound[bonds.first[~is_metal(z[bonds.second])]] = True
    bare = np.flatnonzero((z == NUMBERS["S"]) & ~bound)
    if bare.size:
        text = (
            f"{bare.size} sulfur atoms are bonded to metals only: sulfide, or thiolate with its carbon left out. "
            "Declare S:thiolate where that is so."
        )
        report.add("warning", "bare_sulfur", text, cluster.labels[bare[0]])


def check_moiety(crystal: Crystal, cluster: Cluster, report: Report) -> None:
    """Compare the metal-bearing part of the moiety formula with the cluster found."""
    if crystal.moiety is None:
        return
    own = {e: float(n) for e, n in cluster.composition.items()}
    metals = {e for e in own if NUMBERS[e] and bool(is_metal(np.array([NUMBERS[e]]))[0])}
    parts = [part for part in parse_moiety(crystal.moiety) if metals & set(part.counts)]
    if metals and parts and all(part.counts != own for part in parts):
        listed = "; ".join(hill_formula(part.counts) for part in parts)
        report.add("warning", "moiety_mismatch", f"the moiety formula says {listed}, the cluster is {cluster.formula}.")
