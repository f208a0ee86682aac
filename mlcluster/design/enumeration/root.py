"""`Root`: a geometry with its sites, what they hold, and how its symmetry permutes them.

Substitutions, vacancies and swaps leave every other site where it is: any chain of them is a labelling of the sites of
one root, and two chains give the same candidate if a permutation takes one labelling to the other. A twist or a filling
makes a new geometry, and with it a new root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.edits.host import Host
from mlcluster.design.enumeration.site_symmetry import SiteSymmetry, Subset, operations_about, site_symmetry
from mlcluster.geometry.point_group import TOLERANCE

VACANT = ""
"""What an empty site holds."""


@dataclass(frozen=True, kw_only=True)
class Symmetry:
    """Which candidates count as the same.

    Parameters
    ----------
    subset
        Part of the cluster whose symmetry counts.
    mirror_apart
        Keep mirror images as candidates of their own.
    tolerance
        Largest deviation of an atom from the symmetry, angstrom.
    """

    subset: Subset = "kernel"
    mirror_apart: bool = False
    tolerance: float = TOLERANCE


class Root:
    """Sites of a cluster: its metals, then the ligands that may be swapped.

    Parameters
    ----------
    host
        The cluster.
    symmetry
        What counts as the same.
    ligands
        Places (in ``host.ligands``) of the ligands that are sites.
    by_ligand
        Whether metals that hold different ligands are different sites.
    copies
        How many chains up to here give this very geometry.
    """

    def __init__(
        self, host: Host, symmetry: Symmetry, ligands: Sequence[int], *, by_ligand: bool, copies: int = 1
    ) -> None:
        self.host, self.symmetry, self.copies = host, symmetry, copies
        self.metals = host.metals.tolist()
        self.ligands = list(ligands)
        labels = host.cluster.labels
        self.labels = [*(labels[m] for m in self.metals), *(host.ligand_labels[n] for n in self.ligands)]
        self._codes: dict[str, int] = {VACANT: 0}
        names = [*(host.cluster.symbols[m] for m in self.metals), *(host.ligand_names[n] for n in self.ligands)]
        self.tokens = np.array([self.code(name) for name in names], dtype=np.int64)
        self.by_ligand = by_ligand
        self.seen: dict[int, set[bytes]] = {}
        """Smallest images of the labellings met so far, by the number of the step."""
        self.mirrors: dict[bytes, str] = {}
        """Name of the first of each pair of mirror images, where they are kept apart."""

    def code(self, name: str) -> int:
        """Number that stands for an element or a ligand in a labelling."""
        return self._codes.setdefault(name, len(self._codes))

    @cached_property
    def site_symmetry(self) -> SiteSymmetry:
        """Permutations of the sites as they are."""
        host = self.host
        operations, centre = operations_about(host, self.symmetry.subset, self.symmetry.tolerance)
        donors = [host.cluster.positions[list(host.ligands[n].donors)].mean(axis=0) for n in self.ligands]
        points = np.array([*host.cluster.positions[self.metals], *donors])
        return site_symmetry(operations, centre, points, self._colours(), self.symmetry.tolerance)

    def _colours(self) -> NDArray[np.int64]:
        colours = self.tokens.copy()
        if self.by_ligand:
            words = [
                " ".join(sorted(self.host.ligand_names[n] for n in self.host.held.get(m, ()))) for m in self.metals
            ]
            colours[: len(words)] += 1000 * np.array([self.code(f"holds {word}") for word in words])
        return colours

    @cached_property
    def acting(self) -> NDArray[np.int64]:
        """Permutations under which labellings count as one."""
        return self.site_symmetry.acting(mirror_apart=self.symmetry.mirror_apart)

    def place(self, label: str) -> int:
        """Index of a metal site; `InputError` with the nearest label if there is none."""
        return self.metals.index(self.host.metal(label))

    def ligand_place(self, label: str) -> int:
        """Index of a ligand site; `InputError` if there is none of that label."""
        return len(self.metals) + self.ligands.index(self.host.ligand(label))
