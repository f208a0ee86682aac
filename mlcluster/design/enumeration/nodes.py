"""Where an enumeration starts, and every structure it passes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.edits.applying import changed, settled
from mlcluster.design.edits.electrons import Keep
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Edit, edits_text
from mlcluster.design.enumeration.orbits import SiteSymmetry, Subset, operations_about, site_symmetry, stabiliser
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


class Node:
    """A root, a labelling of its sites, and the edits that lead there.

    Parameters
    ----------
    root, tokens
        The geometry, and what each of its sites holds.
    keep
        What stays: the electrons or the charge.
    before, edits
        The node it was made from, and the edits since that one.
    within
        Which sites could be chosen, (n,); every one of them when None.
    """

    def __init__(
        self,
        root: Root,
        tokens: NDArray[np.int64],
        keep: Keep,
        before: Node | None = None,
        edits: tuple[Edit, ...] = (),
        within: NDArray[np.bool_] | None = None,
    ) -> None:
        self.root, self.tokens, self.keep, self.within = root, tokens, keep, within
        self._before, self._own = before, edits

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits since the parent."""
        return (*(self._before.edits if self._before else ()), *self._own)

    @property
    def path_to_root(self) -> str:
        """Text of the edits that made the geometry of the root; empty where it is the parent's."""
        if self._before is None:
            return ""
        return self._before.path_to_root if self._before.root is self.root else edits_text(self.edits)

    @cached_property
    def host(self) -> Host:
        """The cluster itself, built when first asked for; a new root brings its own."""
        if self._before is None or self._before.root is not self.root:
            return self.root.host
        host = self._before.host
        for edit in self._own:
            host = settled(host, changed(host, edit, self.keep), edit, self.keep)
        return host

    @property
    def copies(self) -> int:
        """How many labellings the symmetry takes for this one."""
        images = np.unique(self.tokens[self.root.acting], axis=0)
        if self.within is not None:
            images = images[(images == self.root.tokens)[:, ~self.within].all(axis=1)]
        return self.root.copies * len(images)

    @property
    def is_chiral(self) -> bool:
        """Whether the symmetry has no reflection that leaves the labelling as it is."""
        symmetry = self.root.site_symmetry
        return not stabiliser(symmetry.permutations[~symmetry.proper], self.tokens).any()
