"""`Node`: a point in a walk through steps."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.edits.applying import changed, settled
from mlcluster.design.edits.electrons import Keep
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Edit, edits_text
from mlcluster.design.enumeration.orbits import stabiliser
from mlcluster.design.enumeration.root import Root


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
