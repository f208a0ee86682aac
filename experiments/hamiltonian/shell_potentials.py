"""Find the constants of `mlcluster.electronic.core_hamiltonian` from GFN1-xTB itself.

    python experiments/hamiltonian/shell_potentials.py [--rounds N]

Ions of every element give the hardness, and offset and slope of its shells; where clusters of three to five metals have
the element, these give offset and slope instead, by least squares. No cluster has the metals and anionic donors of a
family of the bundled data sets with calculated gaps.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.data import load
from mlcluster.data.families import family_key, key_of
from mlcluster.design.generated import family_plans
from mlcluster.design.generated.accepting import accepted_parent
from mlcluster.electronic import core_hamiltonian as constants
from mlcluster.electronic.tight_binding import HEAVIEST, engine
from mlcluster.errors import MlclusterError
from mlcluster.structure.cluster import Cluster
from mlcluster.units import HARTREE_EV

Array = NDArray[np.float64]
SEED, SIZES, FEWEST = 7, range(3, 6), 12
"""Of the plans; metals of the clusters; atoms of an element below which its ions are believed."""
BUNDLED = ("gfn1_models", "frameworks", "generated")
"""Sources whose families are left out."""
FAR = 100.0
"""Distance of the neutral helium atom that lets an ion have an even number of electrons, angstrom."""


def potentials(cluster: Cluster, *, warm: bool = False) -> tuple[Array, list[Array]]:
    """Charges (N,), e, and the potential on each shell of each atom, eV, of a converged calculation."""
    made = engine(cluster, "GFN1-xTB", 0)
    made.set("save-integrals", 1)
    if warm:
        made.set("temperature", 0.02)  # hartree: shells of an open ion fill evenly
    result = made.singlepoint()
    core, overlap = (np.asarray(result.get(f"{name}-matrix")) for name in ("hamiltonian", "overlap"))
    vectors, levels = np.asarray(result.get("orbital-coefficients")), np.asarray(result.get("orbital-energies"))
    whole = overlap @ (vectors * levels) @ vectors.T @ overlap
    of_orbital = np.diag(core - whole) * HARTREE_EV
    shell_of, atom_of = np.asarray(made.get("orbital-map")), np.asarray(made.get("shell-map"))
    of_shell = np.bincount(shell_of, of_orbital) / np.bincount(shell_of)
    return np.ravel(result.get("charges")), [of_shell[atom_of == atom] for atom in range(len(cluster))]


def of_ions(number: int) -> tuple[Array, Array, float] | None:
    """Offset and slope of each shell (S,), and hardness, of an element by its ions; None where fewer than two exist."""
    rows = []
    for charge in (-1, 0, 1):
        pair = Cluster(numbers=np.array([number, 2]), positions=np.array([[0.0, 0, 0], [0, 0, FAR]]), charge=charge)
        try:
            charges, shells = potentials(pair, warm=True)
        except (MlclusterError, RuntimeError, ValueError):
            continue
        if abs(charges[0] - charge) < 0.05:
            rows.append((charges[0], *shells[0]))
    if len(rows) < 2:
        return None
    table = np.array(rows)
    slope, offset = np.polyfit(table[:, 0], table[:, 1:], 1)
    return offset, slope, float(slope.mean())


def small_clusters(rounds: int) -> list[Cluster]:
    """Relaxed capped clusters of three to five metals."""
    known = {key_of(item) for source in BUNDLED for item in load(source)}
    found = []
    for plan in family_plans(rounds=rounds, seed=SEED, sizes=SIZES):
        try:
            cluster = accepted_parent(plan).cluster
        except (MlclusterError, RuntimeError, ValueError):
            continue
        family = family_key(Anatomy(cluster))
        if int(family[1:].partition("X")[0]) <= max(SIZES) and family not in known:
            found.append(cluster)
    print(f"{len(found)} clusters", file=sys.stderr)
    return found


def main() -> None:
    """Write ``shell_potentials.csv``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path(constants.__file__).with_name("shell_potentials.csv"))
    chosen = parser.parse_args()
    ions = {number: found for number in range(1, HEAVIEST + 1) if (found := of_ions(number)) is not None}
    seen: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for cluster in small_clusters(chosen.rounds):
        charges, shells = potentials(cluster)
        hardness = {number: ions[number][2] for number in set(cluster.numbers.tolist())}
        outside = constants.coulomb(cluster.numbers, cluster.positions, hardness) @ charges
        for atom, number in enumerate(cluster.numbers.tolist()):
            for shell, value in enumerate(shells[atom]):
                seen[number, shell].append((charges[atom], value - outside[atom]))
    with chosen.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("atomic_number", "shell", "offset_ev", "slope_ev", "hardness_ev", "origin"))
        for number, (offset, slope, hard) in ions.items():
            for shell in range(len(offset)):
                rows, origin = np.array(seen.get((number, shell), [])), "ions"
                values = (slope[shell], offset[shell])
                if len(rows) >= FEWEST:
                    values, origin = tuple(np.polyfit(rows[:, 0], rows[:, 1], 1)), f"{len(rows)} atoms in clusters"
                writer.writerow((number, shell, f"{values[1]:.3f}", f"{values[0]:.3f}", f"{hard:.3f}", origin))


if __name__ == "__main__":
    main()
