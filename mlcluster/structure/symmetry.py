"""Stated sites -> every atom of the unit cell, with atoms on or near special positions merged and reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.structure.crystal import Crystal
from mlcluster.structure.report import Report, site_list

MERGE_TOLERANCE = 0.2
"""Images of one site closer than this (angstrom) are one atom on a special position: no two nuclei come so near,
and refinement or rounding leaves atoms up to about 0.05 angstrom off the element."""


@dataclass(frozen=True, kw_only=True)
class Atoms:
    """Atoms of one unit cell (or of a finite file), each an image of a stated site.

    Parameters
    ----------
    site
        Index of the stated site, (M,).
    operation
        Symmetry operation that made the image, (M,).
    positions
        Cartesian coordinates, (M, 3), angstrom, inside the cell where there is one.
    multiplicity
        Number of images of each stated site, (n,).
    merged
        Operations that map each stated site onto one place, (n,): 1 at a general position.
    """

    site: NDArray[np.int64]
    operation: NDArray[np.int64]
    positions: NDArray[np.float64]
    multiplicity: NDArray[np.int64]
    merged: NDArray[np.int64]


def expand(crystal: Crystal, report: Report) -> Atoms:
    """Apply every symmetry operation and keep each distinct image once.

    Images closer than `MERGE_TOLERANCE` become one atom at their mean place; a shift of more than 0.01
    angstrom is reported.
    """
    n = len(crystal)
    if crystal.cell is None:
        index = np.arange(n)
        ones = np.ones(n, dtype=np.int64)
        return Atoms(
            site=index, operation=np.zeros(n, np.int64), positions=crystal.coordinates, multiplicity=ones, merged=ones
        )
    images = np.einsum("kij,nj->nki", crystal.rotations, crystal.coordinates) + crystal.translations
    keep, places, merged, moved = _distinct(images % 1.0, crystal.cell)
    if moved.max(initial=0.0) > 0.01:
        names = [crystal.labels[i] for i in np.flatnonzero(moved > 0.01)]
        text = f"{site_list(names)}: images up to {moved.max():.3f} angstrom off a special position were merged."
        report.add("info", "special_position", text, names[0])
    site, operation = np.nonzero(keep)
    return Atoms(
        site=site,
        operation=operation,
        positions=(places[site, operation] % 1.0) @ crystal.cell,
        multiplicity=keep.sum(axis=1),
        merged=merged,
    )


def _distinct(
    images: NDArray[np.float64], cell: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Mask of the images to keep (n, k), their mean places, images merged and largest move of each site."""
    n, k, _ = images.shape
    keep = np.ones((n, k), dtype=bool)
    places = images.copy()
    merged = np.ones(n, dtype=np.int64)
    moved = np.zeros(n)
    if k == 1:
        return keep, places, merged, moved
    # Each image against the first image of the site: on a special position some other image coincides with it.
    delta = images - images[:, :1]
    delta -= np.round(delta)
    special = ((np.linalg.norm(delta @ cell, axis=2) < MERGE_TOLERANCE).sum(axis=1) > 1).nonzero()[0]
    for i in special:
        delta = images[i][:, None] - images[i][None]
        delta -= np.round(delta)
        near = np.linalg.norm(delta @ cell, axis=2) < MERGE_TOLERANCE
        leader = near.argmax(axis=1)
        keep[i] = leader == np.arange(k)
        merged[i] = k // max(int(keep[i].sum()), 1)
        for j in np.flatnonzero(keep[i]):
            offsets = -delta[j][leader == j]
            shift = offsets.mean(axis=0)
            places[i, j] = images[i, j] + shift
            moved[i] = max(moved[i], float(np.linalg.norm(shift @ cell)))
    return keep, places, merged, moved
