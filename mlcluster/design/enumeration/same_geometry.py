"""Clusters told apart by their geometry, where they come from different roots and share no labelling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.edits.host import Host
from mlcluster.design.enumeration.root import Symmetry
from mlcluster.geometry.superposition import congruence


class Geometries:
    """The distinct metal cores met so far, metals told apart by element and by the ligands they alone hold.

    Parameters
    ----------
    symmetry
        Tolerance, and whether mirror images are the same.
    """

    def __init__(self, symmetry: Symmetry) -> None:
        self._symmetry = symmetry
        self._known: dict[tuple[str, ...], list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}

    def is_new(self, host: Host) -> bool:
        """Whether no such core was met before; it is remembered."""
        metals = host.metals.tolist()
        words = [f"{host.cluster.symbols[m]} {host.held_names(m)}" for m in metals]
        kinds = sorted(set(words))
        colours = np.array([kinds.index(word) for word in words])
        points = host.cluster.positions[metals]
        known = self._known.setdefault((host.cluster.formula, *sorted(words)), [])
        hands = (False,) if self._symmetry.mirror_apart else (False, True)
        tolerance = self._symmetry.tolerance
        for numbers, positions in known:
            for improper in hands:
                same = congruence(colours, points, numbers, positions, improper=improper, tolerance=tolerance)
                if same is not None:
                    return False
        known.append((colours, points))
        return True
