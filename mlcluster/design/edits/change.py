"""`Change`: the atoms after an edit, before charge and name are settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import METAL_VALENCE, NUMBERS, SYMBOLS
from mlcluster.design.edits.electrons import Keep, valence
from mlcluster.design.edits.host import Host


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """What an edit makes of a cluster.

    Parameters
    ----------
    numbers, positions, labels
        The atoms afterwards, as in `Cluster`.
    moved
        Which of them are new or stand elsewhere, (N,).
    body, donor
        Ligand of each atom, -1 for metals, and whether it binds a metal, (N,).
    brought
        By how much metal valences plus formal charges of ligands grew; None if the count has no number for it.
    """

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    labels: tuple[str, ...]
    moved: NDArray[np.bool_]
    body: NDArray[np.int64]
    donor: NDArray[np.bool_]
    brought: int | None


def unchanged(host: Host) -> Change:
    """The starting point: copies of all arrays, nothing moved."""
    cluster = host.cluster
    donor = np.zeros(len(cluster), dtype=bool)
    donor[[atom for ligand in host.ligands for atom in ligand.donors]] = True
    return Change(
        numbers=cluster.numbers.copy(),
        positions=cluster.positions.copy(),
        labels=cluster.labels,
        moved=np.zeros(len(cluster), dtype=bool),
        body=host.owner.copy(),
        donor=donor,
        brought=0,
    )


def without(change: Change, atoms: Sequence[int], brought: int | None) -> Change:
    """The same less some atoms."""
    keep = np.ones(len(change.numbers), dtype=bool)
    keep[list(atoms)] = False
    return Change(
        numbers=change.numbers[keep],
        positions=change.positions[keep],
        labels=tuple(label for label, stays in zip(change.labels, keep.tolist(), strict=True) if stays),
        moved=change.moved[keep],
        body=change.body[keep],
        donor=change.donor[keep],
        brought=_sum(change.brought, brought),
    )


def with_atoms(
    change: Change, symbols: Sequence[str], points: NDArray[np.float64], body: int, brought: int | None, *, donors: int
) -> Change:
    """The same and more atoms of one body behind, labelled by element and the next free number.

    Parameters
    ----------
    body
        Ligand they belong to, -1 for metals.
    brought
        Electrons that come with them.
    donors
        How many of them, from the first, bind metals.
    """
    labels, taken = list(change.labels), set(change.labels)
    counts: dict[str, int] = {}
    for symbol in symbols:
        number = counts.get(symbol, 0) + 1
        while f"{symbol}{number}" in taken:
            number += 1
        counts[symbol] = number
        taken.add(f"{symbol}{number}")
        labels.append(f"{symbol}{number}")
    size = len(symbols)
    return Change(
        numbers=np.append(change.numbers, [NUMBERS[s] for s in symbols]).astype(np.int64),
        positions=np.vstack([change.positions, points.reshape(-1, 3)]),
        labels=tuple(labels),
        moved=np.append(change.moved, np.ones(size, dtype=bool)),
        body=np.append(change.body, np.full(size, body)),
        donor=np.append(change.donor, np.arange(size) < donors),
        brought=_sum(change.brought, brought),
    )


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def metal_electrons(numbers: Sequence[int], keep: Keep) -> int | None:
    """Sum of metal valences; where the charge is kept, an unknown one only makes the count unknown.

    Raises
    ------
    InputError
        If the electrons are to be kept and a metal has no known valence.
    """
    symbols = [SYMBOLS[z] for z in numbers]
    if keep == "charge" and any(symbol not in METAL_VALENCE for symbol in symbols):
        return None
    return sum(valence(symbol) for symbol in symbols)
