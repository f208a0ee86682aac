"""`Crystal`: what a file states, before symmetry, disorder or bonds are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import SYMBOLS
from mlcluster.structure.limits import check_coordinates
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


@dataclass(frozen=True, kw_only=True)
class Site:
    """One place of a file that may hold several species.

    Parameters
    ----------
    species
        Atomic number and occupancy of each.
    coordinates
        As in `Crystal`, (3,).
    label
        What the file calls it.
    """

    species: tuple[tuple[int, float], ...]
    coordinates: NDArray[np.float64]
    label: str | None = None


def crystal_of_sites(sites: Sequence[Site], cell: NDArray[np.float64] | None, file: str, **stated: object) -> Crystal:
    """`Crystal` of sites in P1; a site of several species becomes one partly occupied atom a species.

    Raises
    ------
    InputError
        If a coordinate is out of range.
    """
    numbers, coordinates, occupancy, group = [], [], [], []
    labels: dict[str, None] = {}
    for k, site in enumerate(sites, start=1):
        mixed = len(site.species) > 1
        for part, (number, share) in enumerate(site.species, start=1):
            counted = f"{SYMBOLS[number]}{k}"
            given = site.label if site.label and not mixed else counted
            label = given if given not in labels and given not in SYMBOLS else counted
            while label in labels:
                label += "'"
            labels[label] = None
            numbers.append(number)
            coordinates.append(site.coordinates)
            occupancy.append(share)
            group.append(part if mixed else 0)
    places = np.array(coordinates, dtype=float).reshape(-1, 3)
    check_coordinates(places, tuple(labels), file, fractional=cell is not None)
    return Crystal(
        labels=tuple(labels),
        numbers=np.array(numbers, dtype=np.int64),
        coordinates=places,
        cell=cell,
        occupancy=np.minimum(np.array(occupancy, dtype=float), 1.0),
        group=np.array(group, dtype=np.int64),
        assembly=("",) * len(labels),
        **stated,  # type: ignore[arg-type]
    )
