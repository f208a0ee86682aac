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
    image
        The atom that each operation makes of each stated site, (n, k); several operations name the same one at a
        special position.
    """

    site: NDArray[np.int64]
    operation: NDArray[np.int64]
    positions: NDArray[np.float64]
    multiplicity: NDArray[np.int64]
    merged: NDArray[np.int64]
    image: NDArray[np.int64]


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
            site=index,
            operation=np.zeros(n, np.int64),
            positions=crystal.coordinates,
            multiplicity=ones,
            merged=ones,
            image=index[:, None],
        )
    images = np.einsum("kij,nj->nki", crystal.rotations, crystal.coordinates) + crystal.translations
    leader, places, merged, moved = _distinct(images % 1.0, crystal.cell)
    keep = leader == np.arange(leader.shape[1])
    if moved.max(initial=0.0) > 0.01:
        names = [crystal.labels[i] for i in np.flatnonzero(moved > 0.01)]
        text = f"{site_list(names)}: images up to {moved.max():.3f} angstrom off a special position were merged."
        report.add("info", "special_position", text, names[0])
    site, operation = np.nonzero(keep)
    number = np.cumsum(keep.ravel()).reshape(keep.shape) - 1
    return Atoms(
        site=site,
        operation=operation,
        positions=(places[site, operation] % 1.0) @ crystal.cell,
        multiplicity=keep.sum(axis=1),
        merged=merged,
        image=np.take_along_axis(number, leader, axis=1),
    )


def _distinct(
    images: NDArray[np.float64], cell: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """First image at the same place (n, k), mean places, images merged and largest move of each site."""
    n, k, _ = images.shape
    leaders = np.tile(np.arange(k), (n, 1))
    places = images.copy()
    merged = np.ones(n, dtype=np.int64)
    moved = np.zeros(n)
    if k == 1:
        return leaders, places, merged, moved
    # Each image against the first image of the site: on a special position some other image coincides with it.
    delta = images - images[:, :1]
    delta -= np.round(delta)
    special = ((np.linalg.norm(delta @ cell, axis=2) < MERGE_TOLERANCE).sum(axis=1) > 1).nonzero()[0]
    for i in special:
        delta = images[i][:, None] - images[i][None]
        delta -= np.round(delta)
        near = np.linalg.norm(delta @ cell, axis=2) < MERGE_TOLERANCE
        leader = leaders[i] = near.argmax(axis=1)
        kept = np.flatnonzero(leader == np.arange(k))
        merged[i] = k // max(len(kept), 1)
        for j in kept:
            offsets = -delta[j][leader == j]
            shift = offsets.mean(axis=0)
            places[i, j] = images[i, j] + shift
            moved[i] = max(moved[i], float(np.linalg.norm(shift @ cell)))
    return leaders, places, merged, moved


def products(crystal: Crystal) -> NDArray[np.int64] | None:
    """Number of the operation that each pair of them makes, ``(g, h) -> g after h``, (k, k); None if one is not listed.

    Translations by whole cells do not count.
    """
    rotations, translations = crystal.rotations, crystal.translations
    turned = np.einsum("gij,hjk->ghik", rotations, rotations)
    moved = np.einsum("gij,hj->ghi", rotations, translations) + translations[:, None]
    k = len(rotations)
    known = {key: number for number, key in reversed(list(enumerate(_keys(rotations, translations))))}
    found = [known.get(key, -1) for key in _keys(turned.reshape(-1, 3, 3), moved.reshape(-1, 3))]
    table = np.array(found, dtype=np.int64).reshape(k, k)
    return None if (table < 0).any() else table


def _keys(rotations: NDArray[np.float64], translations: NDArray[np.float64]) -> list[bytes]:
    """One name for each operation, the same for translations that agree to about a thousandth of a cell."""
    whole = np.round(rotations.reshape(-1, 9)).astype(np.int16)
    shift = (np.round(translations * 240).astype(np.int64) % 240).astype(np.int16)
    return [row.tobytes() for row in np.hstack([whole, shift])]
