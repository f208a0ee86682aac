"""`Crystal`: what a file states, before symmetry, disorder or bonds are applied."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlcluster.structure.report import Entry


@dataclass(frozen=True, kw_only=True)
class Crystal:
    """The sites of a file as they stand in it.

    Parameters
    ----------
    labels
        Site label of each stated atom.
    numbers
        Atomic numbers, (n,).
    coordinates
        Fractional coordinates when there is a cell, otherwise Cartesian in angstrom, (n, 3).
    cell
        Lattice vectors as rows, (3, 3) angstrom, or None for a file without one.
    rotations, translations
        Symmetry operations on fractional coordinates, (k, 3, 3) and (k, 3).
    occupancy
        Chemical occupancy of each site, (n,).
    group, assembly
        Disorder group (0 when none; negative about a special position) and assembly of each site.
    formula_sum, moiety, formula_units
        What the file states of its composition.
    charge, multiplicity
        Stated for the whole structure, None when not.
    parent, edits
        What a designed candidate was made from, and how.
    """

    labels: tuple[str, ...]
    numbers: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    cell: NDArray[np.float64] | None = None
    rotations: NDArray[np.float64] = field(default_factory=lambda: np.eye(3)[None])
    translations: NDArray[np.float64] = field(default_factory=lambda: np.zeros((1, 3)))
    occupancy: NDArray[np.float64]
    group: NDArray[np.int64]
    assembly: tuple[str, ...]
    formula_sum: str | None = None
    moiety: str | None = None
    formula_units: int | None = None
    charge: int | None = None
    multiplicity: int | None = None
    declared_ligands: tuple[str, ...] = ()
    name: str = ""
    block: str | None = None
    parent: str | None = None
    edits: str | None = None
    entries: tuple[Entry, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


def ordered_crystal(
    numbers: NDArray[np.int64],
    coordinates: NDArray[np.float64],
    *,
    labels: tuple[str, ...],
    cell: NDArray[np.float64] | None = None,
    **stated: object,
) -> Crystal:
    """A `Crystal` without symmetry or disorder, as molecular formats give it."""
    n = len(numbers)
    return Crystal(
        labels=labels,
        numbers=np.asarray(numbers, dtype=np.int64),
        coordinates=np.asarray(coordinates, dtype=float).reshape(n, 3),
        cell=cell,
        occupancy=np.ones(n),
        group=np.zeros(n, dtype=np.int64),
        assembly=("",) * n,
        **stated,  # type: ignore[arg-type]
    )
