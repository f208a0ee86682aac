"""From a plan to a relaxed cluster with its calculation, or the reason why there is none."""

from __future__ import annotations

from typing import NamedTuple

from mlcluster.anatomy import Anatomy
from mlcluster.design.generated.family_plans import FamilyPlan
from mlcluster.design.generated.growing import grow
from mlcluster.design.relax import relax, why_lost
from mlcluster.electronic.calculation import Calculation, CalculationError, Refusal, why_rejected
from mlcluster.electronic.tight_binding import calculate, single_point
from mlcluster.errors import StructureError
from mlcluster.structure.cluster import Cluster

STEPS, LARGEST_FORCE = 12, 0.5
"""Of the loose relaxation of the shell; force in eV per angstrom."""
LEAST_GAP = 0.35
"""Gap of the Hückel model of a kernel below which it is not tried: of 83 first tries 21 had less, and 2 of those a gap
with GFN1-xTB; of the other 62 two in three."""
HOPELESS = 0.2
"""Electrons in the LUMO of the unrelaxed cluster beyond which hardly any relaxation of its shell closes it."""


class Labelled(NamedTuple):
    """A cluster and its closed-shell calculation."""

    cluster: Cluster
    calculation: Calculation


def accepted_parent(plan: FamilyPlan) -> Labelled:
    """Grow a plan, relax its shell with GFN1-xTB while the kernel stands still, and calculate it.

    Raises
    ------
    StructureError
        If it cannot be built, bonds break or ligands change.
    CalculationError
        If electrons do not converge, or it is no closed shell with a gap.
    """
    built = on_grid(grow(plan, least_gap=LEAST_GAP))
    first = calculate(built)
    if first.lumo_occupation > HOPELESS:
        raise CalculationError("open shell before relaxation.", refusal=Refusal.open_shell, site=plan.name)
    frozen = "kernel" if "staple" in plan.shell else "metals"
    result = relax(built, frozen=frozen, largest_force=LARGEST_FORCE, steps=STEPS)  # type: ignore[arg-type]
    lost = why_lost(result.survival)
    if lost is not None:
        raise StructureError(f"relaxation: {lost}.", site=plan.name)
    relaxed = on_grid(result.cluster)
    if anionic_donors(relaxed) != anionic_donors(built):
        raise StructureError("relaxation: ligands changed.", site=plan.name)
    return labelled(relaxed)


def labelled(cluster: Cluster) -> Labelled:
    """Calculate a closed shell.

    Raises
    ------
    CalculationError
        If electrons do not converge, or the gap is no label.
    """
    calculation = calculate(cluster)
    reason = why_rejected(calculation)
    if reason is not None:
        raise CalculationError(f"{reason}.", refusal=Refusal.open_shell, site=cluster.name)
    return Labelled(cluster, calculation)


def triplet_energy(cluster: Cluster, ground: Calculation) -> float:
    """Vertical energy of the lowest triplet above a closed shell, eV.

    Raises
    ------
    CalculationError
        If the electrons do not converge.
    """
    return single_point(cluster, "GFN1-xTB", unpaired=2).energy_ev - ground.energy_ev


def on_grid(cluster: Cluster) -> Cluster:
    """Copy with coordinates rounded to the 0.001 angstrom that are stored."""
    return cluster.replace(positions=cluster.positions.round(3))


def anionic_donors(cluster: Cluster) -> int:
    """Formal anionic charges of the ligands, as in the family of a cluster."""
    return -sum(ligand.charge[1] for ligand in Anatomy(cluster).ligands)
