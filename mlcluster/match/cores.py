"""Correspondence of two metal-donor cores, also when one lacks atoms of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.match.alignment import Core, align, core_of


@dataclass(frozen=True, eq=False)
class CoreMatch:
    """Correspondence of the metals and donors of two clusters.

    Parameters
    ----------
    pairs
        Matched metals as indices into A and B, (k, 2).
    donor_pairs
        Matched donors, (m, 2).
    rmsd
        Of the matched metals, angstrom, after a superposition of metals and donors, in which donors have the smaller
        weight `mlcluster.match.alignment.DONOR_WEIGHT`: a little more than that of metals superposed alone.
    donor_rmsd
        Of the matched donors after the same motion, angstrom; None without any.
    improper
        Whether the better superposition needs a reflection.
    rotation, translation
        Motion of A onto B: ``positions @ rotation.T + translation``.
    only_a, only_b
        Metals without a partner.
    donors_only_a, donors_only_b
        Donors without a partner.
    core_a, core_b
        The cores compared.
    """

    pairs: NDArray[np.int64]
    donor_pairs: NDArray[np.int64]
    rmsd: float
    donor_rmsd: float | None
    improper: bool
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    only_a: NDArray[np.int64]
    only_b: NDArray[np.int64]
    donors_only_a: NDArray[np.int64]
    donors_only_b: NDArray[np.int64]
    core_a: Core
    core_b: Core

    @property
    def metal_share(self) -> float:
        """Matched metals over those of the larger core."""
        return len(self.pairs) / max(self.core_a.n_metals, self.core_b.n_metals)

    @property
    def share(self) -> float:
        """Matched metals and donors over those of the larger core."""
        return (len(self.pairs) + len(self.donor_pairs)) / max(len(self.core_a.atoms), len(self.core_b.atoms))

    def partner_in_b(self) -> dict[int, int]:
        """Atom of B for each matched atom of A."""
        return {int(i): int(j) for i, j in [*self.pairs.tolist(), *self.donor_pairs.tolist()]}


def match_cores(a: Anatomy, b: Anatomy) -> CoreMatch | None:
    """Match metals and donors of two clusters under rotation, reflection and permutation; None if one has no metal.

    Sites farther apart than `mlcluster.match.alignment.METAL_REACH` have no partner.
    """
    core_a, core_b = core_of(a), core_of(b)
    if not core_a.n_metals or not core_b.n_metals:
        return None
    # The smaller core is laid on the larger one, so that A against B and B against A give the same pairs.
    swapped = core_a.n_metals > core_b.n_metals
    moving, target = (core_b, core_a) if swapped else (core_a, core_b)
    found = align(moving, target)
    rotation, translation, pairs = found.rotation, found.translation, found.pairs
    if swapped:
        rotation, translation, pairs = rotation.T, -rotation.T @ translation, pairs[:, ::-1]
    metal = pairs[:, 0] < core_a.n_metals
    matched = np.stack([core_a.atoms[pairs[:, 0]], core_b.atoms[pairs[:, 1]]], axis=1)
    matched = matched[np.argsort(matched[:, 0], kind="stable")]
    metal = metal[np.argsort(core_a.atoms[pairs[:, 0]], kind="stable")]
    off = a.cluster.positions[matched[:, 0]] @ rotation.T + translation - b.cluster.positions[matched[:, 1]]
    squared = (off**2).sum(axis=1)
    metals_a, metals_b = core_a.atoms[: core_a.n_metals], core_b.atoms[: core_b.n_metals]
    donors_a, donors_b = core_a.atoms[core_a.n_metals :], core_b.atoms[core_b.n_metals :]
    return CoreMatch(
        pairs=matched[metal],
        donor_pairs=matched[~metal],
        rmsd=float(np.sqrt(squared[metal].mean())) if metal.any() else float("nan"),
        donor_rmsd=float(np.sqrt(squared[~metal].mean())) if (~metal).any() else None,
        improper=bool(np.linalg.det(rotation) < 0),
        rotation=rotation,
        translation=translation,
        only_a=np.setdiff1d(metals_a, matched[:, 0]),
        only_b=np.setdiff1d(metals_b, matched[:, 1]),
        donors_only_a=np.setdiff1d(donors_a, matched[:, 0]),
        donors_only_b=np.setdiff1d(donors_b, matched[:, 1]),
        core_a=core_a,
        core_b=core_b,
    )
