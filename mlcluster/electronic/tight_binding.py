"""Single points by extended tight binding (GFN1-xTB, GFN2-xTB) through tblite.

GFN1-xTB: Grimme, Bannwarth, Shushkov, J. Chem. Theory Comput. 2017, 13, 1989 (10.1021/acs.jctc.7b00118). GFN2-xTB:
Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 2019, 15, 1652 (10.1021/acs.jctc.8b01176); it does not converge on
gold clusters and is for complexes of one or two metals. Spin polarisation: Neugebauer, Bannwarth, Grimme et al.,
J. Comput. Chem. 2023, 44, 2120 (10.1002/jcc.27185).
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.electronic.calculation import (
    SMALLEST_BOND_ORDER,
    Calculation,
    CalculationError,
    Refusal,
    closed_shell_electrons,
)
from mlcluster.structure.cluster import Cluster
from mlcluster.units import HARTREE_EV

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

Method = Literal["GFN1-xTB", "GFN2-xTB"]

TEMPERATURE = 300.0
"""Electronic temperature, K."""
CYCLES = 250
STRICT, QUICK = 1.0, 100.0
"""Thresholds of tblite, in units of its default: of calculations that label structures, and of descriptors. The quick
ones move gaps of gold thiolates by at most 1 meV and take 30 to 50 % fewer cycles."""
GUESS, DAMPING = 1, 0.2
"""Charges of the electronegativity equilibration model to start from, and half of tblite's usual share of the new
charges in each cycle: together they halve the time of Au44(SH)28; nothing converged less often."""
_PLAIN_GUESS, _PLAIN_DAMPING = 0, 0.4
LEVELS = 5
"""Levels kept on each side of the gap."""
HEAVIEST = 86
"""Last element with parameters."""
BOHR = 0.529177210903
"""Angstrom (CODATA 2018)."""
DEBYE = 2.541746473
"""Debye in one atomic unit of dipole moment (CODATA 2018)."""
_HARTREE_PER_KELVIN = 3.166811563e-6


def calculate(cluster: Cluster) -> Calculation:
    """Closed-shell GFN1-xTB at the given geometry: the calculation that labels structures.

    Raises
    ------
    StructureError
        If the cluster is no closed shell or its charge is unknown.
    CalculationError
        If the self-consistent charges do not converge.
    """
    closed_shell_electrons(cluster)
    return single_point(cluster, "GFN1-xTB", unpaired=0)


def unpaired_electrons(cluster: Cluster) -> int:
    """Unpaired electrons of the stated multiplicity, or of the lowest one that the number of electrons allows.

    Raises
    ------
    CalculationError
        If the charge is unknown.
    """
    electrons = cluster.n_electrons
    if electrons is None:
        raise CalculationError(
            "the charge is unknown, so there is nothing to calculate.",
            refusal=Refusal.charge_unknown,
            site=cluster.name or None,
            hint="State it with --charge or in the file.",
        )
    return electrons % 2 if cluster.multiplicity is None else cluster.multiplicity - 1


def engine(cluster: Cluster, method: Method, unpaired: int, accuracy: float = STRICT) -> Any:
    """The tblite calculator of a cluster, spin-polarised where electrons are unpaired.

    Raises
    ------
    CalculationError
        If an element has no parameters.
    """
    from tblite.interface import Calculator as Engine

    heaviest = int(cluster.numbers.max())
    if heaviest > HEAVIEST:
        raise CalculationError(
            f"{method} has no parameters for an element.",
            refusal=Refusal.elements,
            site=cluster.name or None,
            found=f"atomic number {heaviest}",
            expected=f"at most {HEAVIEST}",
        )
    made = Engine(method, np.asarray(cluster.numbers), cluster.positions / BOHR, cluster.charge, unpaired)
    settings = {
        "verbosity": 0,
        "max-iter": CYCLES,
        "temperature": TEMPERATURE * _HARTREE_PER_KELVIN,
        "accuracy": accuracy,
        "guess": GUESS,
        "mixer-damping": DAMPING,
    }
    for key, value in settings.items():
        made.set(key, value)
    if unpaired:
        made.add("spin-polarization", 1.0)
    return made


def single_point(
    cluster: Cluster, method: Method, *, unpaired: int, frontier: bool = False, accuracy: float = STRICT
) -> Calculation:
    """Energy levels, energy, charges, dipole moment and bond orders at the given geometry.

    Parameters
    ----------
    cluster
        Its charge must be known.
    unpaired
        Unpaired electrons; a run with any is spin-polarised.
    frontier
        Also the share of the metals in the frontier orbitals.
    accuracy
        `STRICT`, `QUICK` or between.

    Raises
    ------
    CalculationError
        If the self-consistent charges do not converge or an element has no parameters.
    """
    made = engine(cluster, method, unpaired, accuracy)
    made.set("save-integrals", int(frontier))
    result = _converged(made, cluster, method)
    levels = np.atleast_2d(result.get("orbital-energies")) * HARTREE_EV
    occupations = np.atleast_2d(result.get("orbital-occupations"))
    filled = _filled(occupations, unpaired)
    # Of an open shell the smaller gap between levels of one spin: between spins, xTB's levels do not compare.
    gaps = [row[n] - row[n - 1] if 0 < n < len(row) else np.inf for row, n in zip(levels, filled, strict=True)]
    spin = int(np.argmin(gaps))
    homo, lumo = filled[spin] - 1, filled[spin]
    on_metal = _on_metal(cluster, made, result, spin, (homo, lumo)) if frontier else (None, None)
    return Calculation(
        gap_ev=float(gaps[spin]),
        homo_ev=float(levels[spin, homo]),
        lumo_ev=float(levels[spin, lumo]),
        energy_ev=float(result.get("energy")) * HARTREE_EV,
        lumo_occupation=float(occupations[spin, lumo]),
        charges_e=tuple(np.ravel(result.get("charges")).tolist()),
        orbitals=levels.shape[1],
        engine=f"tblite {metadata.version('tblite')}, {TEMPERATURE:.0f} K",
        unpaired=unpaired,
        dipole_debye=_dipole(cluster, np.ravel(result.get("dipole"))[:3]),
        levels_ev=tuple(levels[spin, max(0, lumo - LEVELS) : lumo + LEVELS].tolist()),
        bond_orders=_bond_orders(np.asarray(result.get("bond-orders"))),
        homo_on_metal=on_metal[0],
        lumo_on_metal=on_metal[1],
    )


def _converged(made: Any, cluster: Cluster, method: Method) -> Any:
    """The result; a start that fails is followed by tblite's own."""
    try:
        return made.singlepoint()
    except (RuntimeError, ValueError):
        made.set("guess", _PLAIN_GUESS)
        made.set("mixer-damping", _PLAIN_DAMPING)
    try:
        return made.singlepoint()
    except (RuntimeError, ValueError) as error:
        raise CalculationError(
            f"{method} did not converge.", site=cluster.name or None, found=str(error)[:120]
        ) from error


def _filled(occupations: NDArray[np.float64], unpaired: int) -> list[int]:
    """Filled orbitals of each spin channel (one channel: of both)."""
    electrons = round(float(occupations.sum()))
    if len(occupations) == 1:
        return [electrons // 2]
    return [(electrons + unpaired) // 2, (electrons - unpaired) // 2]


def _dipole(cluster: Cluster, moment: NDArray[np.float64]) -> float:
    """Length in debye; that of an ion depends on the origin, which is the centre of nuclear charge here."""
    centre = np.average(cluster.positions, axis=0, weights=cluster.numbers) / BOHR
    return float(np.linalg.norm(moment - (cluster.charge or 0) * centre)) * DEBYE


def _bond_orders(orders: NDArray[np.float64]) -> tuple[tuple[int, int, float], ...]:
    """Pairs of the matrix (N, N) or (N, N, spins); charge and spin channel, of which the first counts."""
    matrix = orders if orders.ndim == 2 else orders[:, :, 0]
    first, second = np.nonzero(np.triu(matrix, 1) >= SMALLEST_BOND_ORDER)
    return tuple(zip(first.tolist(), second.tolist(), np.round(matrix[first, second], 4).tolist(), strict=True))


def _on_metal(cluster: Cluster, made: Any, result: Any, spin: int, orbitals: tuple[int, int]) -> tuple[float, float]:
    """Mulliken population of the metals in two orbitals, each holding one electron."""
    overlap = np.asarray(result.get("overlap-matrix"))
    size = len(overlap)
    columns = np.asarray(result.get("orbital-coefficients")).reshape(-1, size, size)[spin][:, list(orbitals)]
    atom = np.asarray(made.get("shell-map"))[np.asarray(made.get("orbital-map"))]
    population = columns * (overlap @ columns)
    first, second = population[is_metal(cluster.numbers)[atom]].sum(axis=0).tolist()
    return first, second


def ase_calculator(cluster: Cluster) -> Calculator:
    """GFN1-xTB of a closed shell as an ASE calculator, for forces."""
    closed_shell_electrons(cluster)
    from tblite.ase import TBLite

    options: dict[str, Any] = {"charge": cluster.charge, "multiplicity": 1, "electronic_temperature": TEMPERATURE}
    return TBLite(method="GFN1-xTB", max_iterations=CYCLES, verbosity=0, **options)
