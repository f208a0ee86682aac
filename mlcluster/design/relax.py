"""Relaxation of a candidate with GFN1-xTB, and whether the structure survived it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import CHALCOGENS, is_metal
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.tight_binding import ase_calculator
from mlcluster.errors import ConfigError, StructureError
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.cluster import Cluster

SMALLEST_METAL_SHARE = 0.95
"""Share of the metal-metal bonds that have to survive: these are soft, and one in twenty may cross the limit."""

Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What became of the bonds.

    Parameters
    ----------
    metal_metal
        Share of the metal-metal bonds that are still there, 0 to 1.
    metal_ligand_broken, ligand_broken, ligand_formed
        Pairs of site labels, as ``"Au1-S3"``: broken bonds between metal and ligand, broken bonds within ligands, and
        new bonds between non-metals.
    """

    metal_metal: float
    metal_ligand_broken: tuple[str, ...]
    ligand_broken: tuple[str, ...]
    ligand_formed: tuple[str, ...]


def survival(before: Cluster, after: Cluster) -> Survival:
    """Compare the bonds of the same atoms in two geometries.

    Raises
    ------
    StructureError
        If the atoms are not the same, in the same order.
    """
    if not np.array_equal(before.numbers, after.numbers):
        raise StructureError(
            "not the same atoms before and after.", site=before.name, found=after.formula, expected=before.formula
        )
    old, new = _bonds_by_kind(before), _bonds_by_kind(after)
    metal_metal = len(old[2] & new[2]) / len(old[2]) if old[2] else 1.0
    return Survival(
        metal_metal=metal_metal,
        metal_ligand_broken=_names(before, old[1] - new[1]),
        ligand_broken=_names(before, old[0] - new[0]),
        ligand_formed=_names(before, new[0] - old[0]),
    )


def why_lost(result: Survival) -> str | None:
    """First reason why the structure is another one now, or None when it survived."""
    if result.metal_metal < SMALLEST_METAL_SHARE:
        return f"only {result.metal_metal:.0%} of the metal-metal bonds survive"
    for pairs, what in (
        (result.metal_ligand_broken, "metal-ligand bond broken"),
        (result.ligand_broken, "bond within a ligand broken"),
        (result.ligand_formed, "new bond between non-metals"),
    ):
        if pairs:
            return f"{what}: {', '.join(pairs[:3])}"
    return None


def _bonds_by_kind(cluster: Cluster) -> tuple[Pairs, Pairs, Pairs]:
    """Bonds with no, one and two metals."""
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    metals = is_metal(cluster.numbers[bonds.first]).astype(int) + is_metal(cluster.numbers[bonds.second])
    once = bonds.first < bonds.second
    kinds = [
        frozenset(
            zip(bonds.first[once & (metals == n)].tolist(), bonds.second[once & (metals == n)].tolist(), strict=True)
        )
        for n in range(3)
    ]
    return kinds[0], kinds[1], kinds[2]


def _names(cluster: Cluster, pairs: Pairs) -> tuple[str, ...]:
    return tuple(f"{cluster.labels[a]}-{cluster.labels[b]}" for a, b in sorted(pairs))


Frozen = Literal["metals", "kernel", "nothing"]

LARGEST_FORCE = 0.1
"""Default convergence, eV per angstrom."""
_STAPLE_ANGLE = 150.0
"""Degrees at a metal between its two thiolates beyond which it is part of a staple."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxation:
    """A relaxed structure.

    Parameters
    ----------
    cluster
        The atoms at their new places.
    converged
        Whether the largest force fell below the limit.
    steps
        Steps taken.
    survival
        What became of the bonds.
    """

    cluster: Cluster
    converged: bool
    steps: int
    survival: Survival

    @property
    def why_rejected(self) -> str | None:
        """Why the result should not be used, or None."""
        return why_lost(self.survival) or (None if self.converged else f"not relaxed after {self.steps} steps")


def relax(
    cluster: Cluster,
    *,
    frozen: Frozen = "metals",
    largest_force: float = LARGEST_FORCE,
    steps: int = 200,
) -> Relaxation:
    """Relax the ligands with GFN1-xTB (extra ``xtb``).

    Left free, the metals drift: GFN1 makes metal-metal bonds 4 to 5 % too long, bridging halides slide and gaps halve.
    Freeze all metals of clusters with phosphines and halides, and only the kernel of those with staples.

    Parameters
    ----------
    cluster
        With known charge, closed shell.
    frozen
        Atoms that stand still: all ``"metals"``, the ``"kernel"`` (metals outside staples), or ``"nothing"``.
    largest_force
        Converged when no force on a free atom is larger, eV per angstrom.
    steps
        Stop after so many.

    Raises
    ------
    ConfigError
        If `frozen` is none of these, or tblite is not installed.
    CalculationError
        If the electrons do not converge on the way.
    """
    from ase.calculators.calculator import CalculatorError
    from ase.constraints import FixAtoms
    from ase.optimize import LBFGS

    if frozen not in get_args(Frozen):
        raise ConfigError("no such choice of frozen atoms.", found=frozen, expected=", ".join(get_args(Frozen)))
    atoms = cluster.to_ase()
    atoms.calc = ase_calculator(cluster)
    held = frozen_atoms(cluster, frozen)
    atoms.set_constraint(FixAtoms(indices=held.tolist()))
    optimiser = LBFGS(atoms, logfile=os.devnull, maxstep=0.1)
    try:
        converged = bool(optimiser.run(fmax=largest_force, steps=steps))
    except (CalculatorError, RuntimeError) as error:
        raise CalculationError("GFN1-xTB failed in a relaxation.", site=cluster.name, found=str(error)[:120]) from error
    relaxed = cluster.replace(positions=atoms.get_positions())
    return Relaxation(
        cluster=relaxed, converged=converged, steps=optimiser.get_number_of_steps(), survival=survival(cluster, relaxed)
    )


def frozen_atoms(cluster: Cluster, frozen: Frozen) -> NDArray[np.int64]:
    """Indices of the atoms that a relaxation holds."""
    metals = np.flatnonzero(is_metal(cluster.numbers))
    if frozen == "nothing":
        return metals[:0]
    return metals if frozen == "metals" else np.setdiff1d(metals, staple_metals(cluster))


def staple_metals(cluster: Cluster) -> NDArray[np.int64]:
    """Indices of the metals in staples: bonded to exactly two donors, both chalcogens, nearly in line."""
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    metal = is_metal(cluster.numbers)
    found = []
    for atom in np.flatnonzero(metal).tolist():
        donors = bonds.second[bonds.first == atom]
        donors = donors[~metal[donors]]
        if len(donors) != 2 or not all(int(z) in CHALCOGENS for z in cluster.numbers[donors]):
            continue
        a, b = cluster.positions[donors] - cluster.positions[atom]
        cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
        if cosine < np.cos(np.radians(_STAPLE_ANGLE)):
            found.append(atom)
    return np.array(found, dtype=np.int64)
