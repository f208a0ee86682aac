"""Symmetry of a cluster: the point group of its kernel, its core or all of it, and how far it is from others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.ligands import Ligand
from mlcluster.anatomy.parts import Parts
from mlcluster.chem.elements import is_metal
from mlcluster.geometry.point_group import TOLERANCE, point_group
from mlcluster.geometry.symmetry_measure import symmetry_measures
from mlcluster.structure.cluster import Cluster

MOST_MEASURED = 60
"""Most atoms of which continuous symmetry measures are given."""
FARTHEST = 10.0
"""Largest measure given: a cuboctahedron is 5.3 from icosahedral symmetry, a trigonal prism 16.7 from octahedral."""

Subset = Literal["kernel", "core", "whole"]


def symmetry_of(
    cluster: Cluster, ligands: Sequence[Ligand], parts: Parts, subset: Subset = "kernel", tolerance: float = TOLERANCE
) -> dict[str, Any]:
    """Point group of part of a cluster, and its continuous symmetry measure against each candidate near enough.

    Parameters
    ----------
    ligands, parts
        Of this cluster.
    subset
        The kernel metals (all metals where there is no kernel), all metals with their donors (``"core"``), or all
        atoms (``"whole"``).
    tolerance
        Largest distance (angstrom) between the image of an atom and the atom it falls on.

    Returns
    -------
    ``{"point_group": {"of", "symbol", "tolerance"}, "symmetry_measures": {"Ih": 0.12, ...}}``; no measures for more
    than `MOST_MEASURED` atoms.
    """
    chosen = _chosen(cluster, ligands, parts, subset)
    numbers, positions = cluster.numbers[chosen], cluster.positions[chosen]
    measures = symmetry_measures(numbers, positions) if len(numbers) <= MOST_MEASURED else {}
    return {
        "point_group": {"of": subset, "symbol": point_group(numbers, positions, tolerance), "tolerance": tolerance},
        "symmetry_measures": {symbol: value for symbol, value in measures.items() if value < FARTHEST},
    }


def _chosen(cluster: Cluster, ligands: Sequence[Ligand], parts: Parts, subset: Subset) -> NDArray[np.bool_]:
    chosen = is_metal(cluster.numbers)
    kernel = parts.atoms("kernel metal")
    if subset == "kernel" and len(kernel):
        chosen[:] = False
        chosen[kernel] = True
    if subset == "core":
        chosen[[donor for ligand in ligands for donor in ligand.donors]] = True
    if subset == "whole" or not chosen.any():
        chosen[:] = True
    return chosen
