"""Which fragments of a file are the structure, and what the others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.structure.fragments import Fragment
from mlcluster.structure.report import Dropped

CLUSTER_METALS = 4
"""A fragment with this many metals is a cluster of its own beside any other."""


def select_clusters(fragments: Sequence[Fragment]) -> tuple[list[Fragment], list[Fragment]]:
    """The structures of a file, largest metal core first, and everything else.

    Fragments with metals that are no known ion are structures; beside a cluster of twice the metals only those
    with `CLUSTER_METALS` or more are. Without metals the largest fragment that is no known ion or solvent is
    the structure, and a file of nothing but known molecules holds the largest of them.
    """
    metallic = [f for f in fragments if f.n_metals and f.species is None]
    if metallic:
        most = max(f.n_metals for f in metallic)
        chosen = [f for f in metallic if f.n_metals >= CLUSTER_METALS or 2 * f.n_metals > most]
    else:
        pool = [f for f in fragments if f.species is None] or list(fragments)
        size = max((_heavy(f), len(f.numbers)) for f in pool)
        chosen = [f for f in pool if (_heavy(f), len(f.numbers)) == size]
        chosen = [f for f in chosen if f.formula == chosen[0].formula]
    picked = {id(f) for f in chosen}
    chosen.sort(key=lambda f: -f.n_metals)
    return chosen, [f for f in fragments if id(f) not in picked]


def _heavy(fragment: Fragment) -> int:
    return int((fragment.numbers != 1).sum())


def list_dropped(
    others: Sequence[Fragment], occupancy: NDArray[np.float64], presence: NDArray[np.float64]
) -> list[Dropped]:
    """One row for each kind of fragment left out, in order of first appearance.

    Parameters
    ----------
    occupancy
        Occupancy of each atom the fragments index, (M,); a fragment is called by that of its fullest atom.
    presence
        How often it or an alternative in its place is there, (M,): of an anion in two orientations always one.
    """
    rows: dict[Dropped, int] = {}
    for fragment in others:
        share = float(occupancy[fragment.atoms].max())
        kind, why, charge = _nature(fragment, share)
        there = float(presence[fragment.atoms].mean())
        row = Dropped(fragment.formula, 1, kind, why, charge, round(there, 3))
        rows[row] = rows.get(row, 0) + 1
    return [replace(row, count=count) for row, count in rows.items()]


def _nature(fragment: Fragment, share: float) -> tuple[str, str, int | None]:
    partly = f", occupancy {share:.2f}" if share < 0.99 else ""
    if fragment.endless is not None:
        return "unrecognised", f"endless chain or net{partly}", None
    if fragment.species is not None:
        species, exact = fragment.species
        hydrogens = "" if exact else f", hydrogens differ from {species.formula}"
        return species.kind, f"{species.name}{hydrogens}{partly}", species.charge
    if fragment.n_metals:
        return "complex", f"{fragment.n_metals} metals, beside a larger cluster{partly}", None
    return "unrecognised", f"no known ion or solvent{partly}", None
