"""Symmetry of a cluster: the point group of its kernel, its core or all of it, within a tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.ligands import Ligand
from mlcluster.anatomy.parts import Parts
from mlcluster.chem.elements import is_metal
from mlcluster.geometry.point_group import TOLERANCE, point_group
from mlcluster.structure.cluster import Cluster

Subset = Literal["kernel", "core", "whole"]


def symmetry_of(
    cluster: Cluster, ligands: Sequence[Ligand], parts: Parts, subset: Subset = "kernel", tolerance: float = TOLERANCE
) -> dict[str, Any]:
    """Point group of part of a cluster.

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
    ``{"point_group": {"of", "symbol", "tolerance"}}``.
    """
    chosen = _chosen(cluster, ligands, parts, subset)
    symbol = point_group(cluster.numbers[chosen], cluster.positions[chosen], tolerance)
    return {"point_group": {"of": subset, "symbol": symbol, "tolerance": tolerance}}


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
