"""GFN1-xTB single points through tblite (extra ``xtb``)."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcluster.design.calculators.calculation import Calculation, CalculationError, closed_shell_electrons
from mlcluster.errors import ConfigError
from mlcluster.structure.cluster import Cluster
from mlcluster.units import HARTREE_EV

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

METHOD = "GFN1-xTB"
"""Grimme, Bannwarth, Shushkov, J. Chem. Theory Comput. 2017, 13, 1989 (10.1021/acs.jctc.7b00118). Its successor GFN2
does not converge on gold clusters."""
TEMPERATURE = 300.0
"""Electronic temperature, K."""
CYCLES = 250
_BOHR = 0.529177210903
_HARTREE_PER_KELVIN = 3.166811563e-6


def calculate(cluster: Cluster) -> Calculation:
    """Energy levels, energy and atomic charges at the given geometry.

    Raises
    ------
    StructureError
        If the cluster is no closed shell or its charge is unknown.
    CalculationError
        If the self-consistent charges do not converge.
    """
    closed_shell_electrons(cluster)
    _require()
    from tblite.interface import Calculator as Engine

    engine = Engine(METHOD, np.asarray(cluster.numbers), cluster.positions / _BOHR, cluster.charge, 0)
    for key, value in (("verbosity", 0), ("max-iter", CYCLES), ("temperature", TEMPERATURE * _HARTREE_PER_KELVIN)):
        engine.set(key, value)
    try:
        result = engine.singlepoint()
    except (RuntimeError, ValueError) as error:
        raise CalculationError("GFN1-xTB failed.", site=cluster.name or None, found=str(error)[:120]) from error
    levels = np.ravel(result.get("orbital-energies")) * HARTREE_EV
    occupations = np.ravel(result.get("orbital-occupations"))
    homo = round(float(occupations.sum())) // 2 - 1
    return Calculation(
        gap_ev=float(levels[homo + 1] - levels[homo]),
        homo_ev=float(levels[homo]),
        lumo_ev=float(levels[homo + 1]),
        energy_ev=float(result.get("energy")) * HARTREE_EV,
        lumo_occupation=float(occupations[homo + 1]),
        charges_e=tuple(np.ravel(result.get("charges")).tolist()),
        orbitals=len(levels),
        engine=f"tblite {metadata.version('tblite')}, {TEMPERATURE:.0f} K",
    )


def ase_calculator(cluster: Cluster) -> Calculator:
    """The same method as an ASE calculator, for forces."""
    closed_shell_electrons(cluster)
    _require()
    from tblite.ase import TBLite

    options: dict[str, Any] = {"charge": cluster.charge, "multiplicity": 1, "electronic_temperature": TEMPERATURE}
    return TBLite(method=METHOD, max_iterations=CYCLES, verbosity=0, **options)


def _require() -> None:
    try:
        import tblite.interface  # noqa: F401
    except ImportError:
        raise ConfigError("GFN1-xTB needs tblite.", hint='Install it with: pip install "mlcluster[xtb]"') from None
