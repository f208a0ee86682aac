"""Descriptors of a capped cluster: frontier levels, gap, dipole, charges, bonds and the triplet energy, by GFN-xTB."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mlcluster.chem.elements import is_metal
from mlcluster.electronic import tight_binding
from mlcluster.electronic.calculation import (
    LARGEST_ATOMIC_CHARGE,
    LARGEST_LUMO_OCCUPATION,
    Calculation,
    CalculationError,
    Refusal,
)
from mlcluster.electronic.kept import KeptCalculations, calculation_key
from mlcluster.electronic.tight_binding import Method
from mlcluster.runs import ProcessDied, spread
from mlcluster.structure.cluster import Cluster

MAX_SECONDS = 120.0
"""Estimated seconds of one core beyond which a cluster is refused."""
FEW_METALS = 2
"""Metals up to which GFN2-xTB is asked as well."""
TIME_OF, TIME_ORBITALS, TIME_POWER = 2.5, 423, 3.3
"""Seconds of one core for a closed shell of so many orbitals, and the power by which they grow: Au25(SH)18 2.1 to 2.7,
Au44(SH)28 (704) 13, a platinum emitter (185) 0.2 to 0.3."""
OPEN_SHELL_FACTOR = 3.0
"""A spin-polarised run solves two channels, and takes more cycles."""


@dataclass(frozen=True, kw_only=True)
class Descriptors:
    """What the calculations of one capped cluster gave.

    Parameters
    ----------
    gfn1, gfn2
        Calculation in the ground state; GFN2 only for complexes of one or two metals, and None where it failed.
    triplet_ev
        Vertical triplet energy by method, eV, where it was asked for.
    metals
        Number of metals.
    atoms
        Number of atoms of the capped cluster.
    charge
        Total charge, e.
    metal_charge
        Mean Mulliken charge of the metals (GFN1), e.
    metal_bond_order, ligand_bond_order
        Sum of bond orders between metals, and between metals and ligands, per metal (GFN1).
    """

    gfn1: Calculation
    gfn2: Calculation | None
    triplet_ev: Mapping[str, float]
    metals: int
    atoms: int
    charge: int
    metal_charge: float
    metal_bond_order: float
    ligand_bond_order: float

    @property
    def is_open_shell(self) -> bool:
        """Whether electrons are unpaired in the ground state."""
        return self.gfn1.unpaired > 0

    def values(self) -> dict[str, float]:
        """All descriptors as numbers by name: ``gfn1_gap_ev``, ``gfn2_triplet_ev``, ``metals`` and so on."""
        found: dict[str, float] = {
            "metals": self.metals,
            "atoms": self.atoms,
            "charge": self.charge,
            "size": self.metals ** (-1 / 3),
            "metal_charge": self.metal_charge,
            "metal_bond_order": self.metal_bond_order,
            "ligand_bond_order": self.ligand_bond_order,
        }
        for name, result in (("gfn1", self.gfn1), ("gfn2", self.gfn2)):
            if result is not None:
                found |= {f"{name}_{key}": value for key, value in frontier_values(result).items()}
        return found | {f"{name}_triplet_ev": value for name, value in self.triplet_ev.items()}


def frontier_values(result: Calculation) -> dict[str, float]:
    """Gap, levels, spacing of levels next to the gap, dipole and metal shares of one calculation, by name."""
    half = len(result.levels_ev) // 2
    found: dict[str, float | None] = {
        "gap_ev": result.gap_ev,
        "homo_ev": result.homo_ev,
        "lumo_ev": result.lumo_ev,
        "dipole_debye": result.dipole_debye,
        "homo_on_metal": result.homo_on_metal,
        "lumo_on_metal": result.lumo_on_metal,
    }
    for step in range(1, min(half, 3)):
        found[f"below_homo{step}_ev"] = result.homo_ev - result.levels_ev[half - 1 - step]
        found[f"above_lumo{step}_ev"] = result.levels_ev[half + step] - result.lumo_ev
    return {key: float(value) for key, value in found.items() if value is not None}


def estimated_seconds(cluster: Cluster, *, triplet: bool = False) -> float:
    """Seconds of one core that the descriptors of a capped cluster take, from its number of orbitals.

    Parameters
    ----------
    cluster
        Capped, its charge known.
    triplet
        Whether the triplet is asked for as well.

    Raises
    ------
    CalculationError
        If an element has no parameters or the charge is unknown.
    """
    unpaired = tight_binding.unpaired_electrons(cluster)
    orbitals = len(tight_binding.engine(cluster, "GFN1-xTB", 0).get("orbital-map"))
    once = TIME_OF * (orbitals / TIME_ORBITALS) ** TIME_POWER
    methods = 2 if _metals(cluster) <= FEW_METALS else 1
    return methods * once * ((OPEN_SHELL_FACTOR if unpaired else 1.0) + OPEN_SHELL_FACTOR * triplet)


def describe(
    cluster: Cluster, *, triplet: bool = False, max_seconds: float = MAX_SECONDS, kept: KeptCalculations | None = None
) -> Descriptors:
    """Calculate the descriptors of a capped cluster, or take them from those kept.

    Parameters
    ----------
    cluster
        As `mlcluster.electronic.capping.capped` gives it; complexes of few metals may stay whole.
    triplet
        Also the vertical energy of the lowest triplet of a closed shell.
    max_seconds
        Largest estimate that is calculated; what is kept already costs nothing.
    kept
        Where calculations are kept; the user's cache when None.

    Raises
    ------
    CalculationError
        With the kind of reason in `refusal`: charge unknown, no parameters, too large, not converged, an open shell
        where a closed one was asked, or an unphysical density.
    """
    store = KeptCalculations.of_user() if kept is None else kept
    unpaired = tight_binding.unpaired_electrons(cluster)
    ground = _run(cluster, "GFN1-xTB", unpaired, store, max_seconds, triplet)
    _refuse_unreliable(cluster, ground)
    second = None
    if _metals(cluster) <= FEW_METALS:
        try:
            second = _run(cluster, "GFN2-xTB", unpaired, store, max_seconds, triplet)
        except CalculationError as error:
            if error.refusal is not Refusal.not_converged:
                raise
    energies: dict[str, float] = {}
    if triplet and not unpaired:
        for name, method, singlet in (("gfn1", "GFN1-xTB", ground), ("gfn2", "GFN2-xTB", second)):
            if singlet is not None:
                excited = _run(cluster, method, 2, store, max_seconds, triplet)  # type: ignore[arg-type] # of the two
                energies[name] = excited.energy_ev - singlet.energy_ev
    return summarised(cluster, ground, second, energies)


def describe_many(
    clusters: Sequence[Cluster],
    *,
    processes: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> list[Descriptors | CalculationError]:
    """Descriptors of many capped clusters, or why there are none, in their order; one core a process.

    What is finished is kept at once, so a run that was stopped goes on where it stood.

    Parameters
    ----------
    clusters, **options
        As for `describe`.
    processes
        Calculations at a time.
    on_progress
        Called with the number done and the number to do.
    """
    results: list[Descriptors | CalculationError] = [CalculationError("not calculated.")] * len(clusters)
    work = partial(_described_or_refused, options)
    for done, (index, result) in enumerate(spread(work, clusters, processes), start=1):
        if isinstance(result, ProcessDied):
            result = CalculationError(
                "the process of this calculation died.",
                site=clusters[index].name or None,
                found=f"exit code {result.exit_code}",
                hint="It may need more memory than there is.",
            )
        results[index] = result
        if on_progress is not None:
            on_progress(done, len(clusters))
    return results


def _described_or_refused(options: Mapping[str, Any], cluster: Cluster) -> Descriptors | CalculationError:
    try:
        return describe(cluster, **options)
    except CalculationError as error:
        return error


def summarised(
    cluster: Cluster, gfn1: Calculation, gfn2: Calculation | None = None, triplet_ev: Mapping[str, float] | None = None
) -> Descriptors:
    """Descriptors from finished calculations of a capped cluster."""
    metal = is_metal(cluster.numbers)
    count = int(metal.sum())
    orders = {0: 0.0, 1: 0.0, 2: 0.0}
    for first, second, order in gfn1.bond_orders:
        orders[int(metal[first]) + int(metal[second])] += order
    return Descriptors(
        gfn1=gfn1,
        gfn2=gfn2,
        triplet_ev=dict(triplet_ev or {}),
        metals=count,
        atoms=len(cluster),
        charge=cluster.charge or 0,
        metal_charge=float(np.mean(np.array(gfn1.charges_e)[metal])) if count else 0.0,
        metal_bond_order=orders[2] / max(count, 1),
        ligand_bond_order=orders[1] / max(count, 1),
    )


def _metals(cluster: Cluster) -> int:
    return int(is_metal(cluster.numbers).sum())


def _run(
    cluster: Cluster, method: Method, unpaired: int, store: KeptCalculations, max_seconds: float, triplet: bool
) -> Calculation:
    key = calculation_key(cluster, method, unpaired, tight_binding.QUICK, tight_binding.TEMPERATURE)
    found = store.get(key)
    if found is not None:
        return found
    seconds = estimated_seconds(cluster, triplet=triplet)
    if seconds > max_seconds:
        raise CalculationError(
            "too large to calculate in the time given.",
            refusal=Refusal.too_large,
            site=cluster.name or None,
            found=f"about {seconds:.0f} s for {len(cluster)} capped atoms",
            expected=f"at most {max_seconds:.0f} s",
            hint="Give more with --max-seconds.",
        )
    try:
        result = tight_binding.single_point(
            cluster, method, unpaired=unpaired, frontier=True, accuracy=tight_binding.QUICK
        )
    except CalculationError as error:
        if error.refusal is Refusal.not_converged:
            store.put(key, error)
        raise
    store.put(key, result)
    return result


def _refuse_unreliable(cluster: Cluster, result: Calculation) -> None:
    """Refuse what converged to a state that says nothing of the cluster."""
    facts: dict[str, Any] = {"site": cluster.name or None}
    if not result.unpaired and result.lumo_occupation >= LARGEST_LUMO_OCCUPATION:
        raise CalculationError(
            "this is no closed shell: the LUMO is occupied.",
            refusal=Refusal.open_shell,
            found=f"{result.lumo_occupation:.3f} e in the LUMO, gap {result.gap_ev:.2f} eV",
            hint="Check the charge, or state the multiplicity.",
            **facts,
        )
    largest = max(result.charges_e, key=abs, default=0.0)
    if abs(largest) > LARGEST_ATOMIC_CHARGE:
        raise CalculationError(
            "the density converged to an unphysical state.",
            refusal=Refusal.unphysical,
            found=f"atomic charge {largest:.1f} e",
            **facts,
        )
