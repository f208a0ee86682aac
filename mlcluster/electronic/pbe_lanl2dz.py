"""Density-fitted PBE/LANL2DZ single points through PySCF (extra ``dft``)."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import numpy as np

from mlcluster.electronic.calculation import Calculation, CalculationError, closed_shell_electrons
from mlcluster.errors import ConfigError
from mlcluster.structure.cluster import Cluster
from mlcluster.units import HARTREE_EV

ITERATION_GRID, FINAL_GRID = 0, 1
"""Levels of the integration grid in PySCF: the coarse one takes a third of the time of the other."""
CYCLES = 80
TOLERANCE = 5e-5
"""Convergence of the energy, hartree; gaps are then stable to a few meV."""
LEVEL_SHIFT = 0.3
"""Hartree, while iterating only: without it the frontier levels of a metal kernel swap from cycle to cycle."""
MEMORY = 8000
"""Megabytes for the density-fitting integrals, which go to disk beyond it."""
_LAST_ALL_ELECTRON = 10


def calculate(cluster: Cluster) -> Calculation:
    """Kohn-Sham levels and energy at the given geometry.

    The density converges on a coarse grid; levels and energy come from one Fock matrix on the finer grid (on
    [Au9(PH3)8]3+ and Au11(PH3)7Cl3 the gap is then that of full convergence on the finer grid to 0.002 eV). LANL2DZ
    core potentials replace the cores of all elements beyond neon.

    Raises
    ------
    StructureError
        If the cluster is no closed shell or its charge is unknown.
    CalculationError
        If the basis lacks an element, electrons are lost, or the SCF does not converge.
    """
    electrons = closed_shell_electrons(cluster)
    molecule = _molecule(cluster)
    cores = sum(molecule.atom_nelec_core(atom) for atom in range(molecule.natm))
    if molecule.nelectron + cores != electrons:
        raise CalculationError(
            "core and valence electrons do not add up.",
            site=cluster.name or None,
            found=f"{cores} + {molecule.nelectron}",
            expected=electrons,
        )
    field = _mean_field(molecule)
    core = field.get_hcore()
    # Integrals over core potentials are dear, and are asked for again and again.
    field.get_hcore = lambda *_: core
    field.kernel()
    if not field.converged:
        raise CalculationError("PBE did not converge.", site=cluster.name or None, found=f"{CYCLES} cycles")
    density = field.make_rdm1()
    field.grids.reset()
    field.grids.level = FINAL_GRID
    potential = field.get_veff(dm=density)
    orbital_energies, _ = field.eig(core + potential, field.get_ovlp())
    levels = np.asarray(orbital_energies) * HARTREE_EV
    homo = molecule.nelectron // 2 - 1
    return Calculation(
        gap_ev=float(levels[homo + 1] - levels[homo]),
        homo_ev=float(levels[homo]),
        lumo_ev=float(levels[homo + 1]),
        energy_ev=float(field.energy_tot(density, core, potential)) * HARTREE_EV,
        lumo_occupation=0.0,
        # Mulliken charges mean nothing in this basis: +6 e on the central atom of [Au13(PH3)10Cl2]3+.
        charges_e=(),
        orbitals=int(molecule.nao),
        engine=f"PySCF {metadata.version('pyscf')}, density fitting, grid level {FINAL_GRID}",
    )


def _molecule(cluster: Cluster) -> Any:
    gto, _ = _pyscf()
    heavy = {s for s, z in zip(cluster.symbols, cluster.numbers, strict=True) if z > _LAST_ALL_ELECTRON}
    try:
        return gto.M(
            atom=list(zip(cluster.symbols, cluster.positions.tolist(), strict=True)),
            unit="Angstrom",
            basis="lanl2dz",
            ecp=dict.fromkeys(sorted(heavy), "lanl2dz"),
            charge=cluster.charge,
            spin=0,
            verbose=0,
            max_memory=MEMORY,
        )
    except (KeyError, RuntimeError) as error:
        raise CalculationError("LANL2DZ lacks an element.", site=cluster.name or None, found=str(error)) from error


def _mean_field(molecule: Any) -> Any:
    _, dft = _pyscf()
    field = dft.RKS(molecule, xc="pbe").density_fit(auxbasis="def2-universal-jfit")
    field.grids.level = ITERATION_GRID
    field.max_cycle, field.conv_tol, field.level_shift = CYCLES, TOLERANCE, LEVEL_SHIFT
    # A superposition of atoms: the default guess starts these clusters in the wrong occupation.
    field.init_guess = "atom"
    field.diis_space = 10
    field.with_df.max_memory = MEMORY
    # Left to itself PySCF calculates the fitting integrals anew in every cycle.
    field.with_df.build()
    return field


def _pyscf() -> tuple[Any, Any]:
    try:
        from pyscf import dft, gto
    except ImportError:
        raise ConfigError("PBE/LANL2DZ needs PySCF.", hint='Install it with: pip install "mlcluster[dft]"') from None
    return gto, dft
