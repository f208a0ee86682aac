"""How the symmetry of a cluster permutes its sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mlcluster.design.edits.host import Host
from mlcluster.errors import ConfigError
from mlcluster.geometry.point_group import TOLERANCE, symmetry_operations

Subset = Literal["kernel", "core", "whole"]


@dataclass(frozen=True, eq=False)
class SiteSymmetry:
    """Permutations of sites.

    Parameters
    ----------
    permutations
        Image of each site under each operation, (G, n).
    proper
        Which operations are rotations, (G,).
    """

    permutations: NDArray[np.int64]
    proper: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> SiteSymmetry:
        """The same with some operations alone."""
        return SiteSymmetry(self.permutations[chosen], self.proper[chosen])

    def acting(self, *, mirror_apart: bool) -> NDArray[np.int64]:
        """Permutations under which candidates count as one: rotations alone where mirror images are kept apart."""
        return self.permutations[self.proper] if mirror_apart else self.permutations


def operations_about(
    host: Host, subset: Subset, tolerance: float = TOLERANCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Symmetry operations (G, 3, 3) of a part of a cluster, and their common fixed point.

    Parameters
    ----------
    subset
        Metals (``"kernel"``), with the donors of their ligands (``"core"``), or all atoms (``"whole"``). Metals on one
        line do not fix an orientation: the next larger part is taken then.
    tolerance
        Largest distance between the image of an atom and the atom it falls on, angstrom.

    Raises
    ------
    ConfigError
        If there is no such part.
    """
    if subset not in get_args(Subset):
        raise ConfigError("no such part of a cluster.", found=subset, expected=", ".join(get_args(Subset)))
    cluster = host.cluster
    for part in get_args(Subset)[get_args(Subset).index(subset) :]:
        atoms = _atoms(host, part)
        centre = cluster.positions[atoms].mean(axis=0)
        extent = np.linalg.svd(cluster.positions[atoms] - centre, compute_uv=False)
        if len(atoms) > 2 and extent[1] > tolerance:
            return symmetry_operations(cluster.numbers[atoms], cluster.positions[atoms], tolerance), centre
    return np.eye(3)[None], centre


def _atoms(host: Host, subset: str) -> NDArray[np.int64]:
    if subset == "whole":
        return np.arange(len(host.cluster))
    donors = [donor for ligand in host.ligands for donor in ligand.donors] if subset == "core" else []
    return np.unique([*host.metals.tolist(), *donors])


def site_symmetry(
    operations: NDArray[np.float64],
    centre: NDArray[np.float64],
    points: NDArray[np.float64],
    colours: NDArray[np.int64],
    tolerance: float = TOLERANCE,
) -> SiteSymmetry:
    """Permutations of sites by those operations that map every site onto one of its colour.

    Parameters
    ----------
    operations, centre
        As of `operations_about`.
    points, colours
        Sites, (n, 3) angstrom, and what they hold, (n,).
    tolerance
        Sites of metals may miss by a little more than the atoms did, as ligand sites are means of donors.
    """
    relative = points - centre
    permutations, proper = [], []
    unlike = 1e6 * (colours[:, None] != colours[None])
    for operation in operations:
        distance = np.linalg.norm((relative @ operation.T)[:, None] - relative[None], axis=2) + unlike
        image = distance.argmin(axis=1)
        if len(np.unique(image)) < len(image):
            image = linear_sum_assignment(distance)[1]
        if distance[np.arange(len(image)), image].max() <= 2 * tolerance:
            permutations.append(image)
            proper.append(np.linalg.det(operation) > 0)
    table = np.array(permutations, dtype=np.int64).reshape(-1, len(points))
    return _closed(SiteSymmetry(table, np.array(proper, dtype=bool)))


def _closed(found: SiteSymmetry) -> SiteSymmetry:
    """Leave out the last operations until every product of two permutations is a permutation of the set."""
    while True:
        known = {row.tobytes() for row in found.permutations}
        products = found.permutations[:, found.permutations].reshape(-1, found.permutations.shape[1])
        if all(row.tobytes() in known for row in np.unique(products, axis=0)):
            return found
        found = found.only(np.arange(len(found.permutations)) < len(found.permutations) - 1)
