"""What one diagonalisation with known charges gives of GFN1-xTB: errors by how good the charges are, and time.

    python experiments/hamiltonian/check.py

Parents of the source ``generated``, all of other families than the clusters that the constants are from. Writes
``RESULTS.md`` beside this file.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from mlcluster.data import load
from mlcluster.data.labelled import LabelledCluster
from mlcluster.electronic.core_hamiltonian import core_hamiltonian, frontier
from mlcluster.electronic.tight_binding import QUICK, single_point

NOISE = (0.0, 0.01, 0.02, 0.03, 0.05)
"""Standard deviation of the error of each charge, e; errors of a cluster sum to nothing."""
TIMED = (150, 250, 350, 450)
"""Orbitals of the clusters that are timed, the nearest there are."""


def gaps(items: list[LabelledCluster]) -> tuple[dict[str, list[float]], dict[int, LabelledCluster]]:
    """Gaps by kind of charges, and entries by their number of orbitals."""
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {}
    sizes = {}
    for item in items:
        core, charges = core_hamiltonian(item.cluster), np.asarray(item.atom_charges)
        sizes[len(core.core)] = item
        tried = {"none": np.zeros_like(charges)}
        for width in NOISE:
            error = rng.normal(scale=width, size=len(charges)) if width else np.zeros_like(charges)
            tried[f"calculated, error {width:.2f} e" if width else "calculated"] = charges + error - error.mean()
        for name, each in tried.items():
            homo, lumo = frontier(core, each).levels_ev
            found.setdefault(name, []).append(float(lumo - homo))
    return found, sizes


def seconds(item: LabelledCluster) -> tuple[float, float]:
    """Processor time of the levels, and of the calculation."""
    charges = np.asarray(item.atom_charges)
    marks = [time.process_time()]
    frontier(core_hamiltonian(item.cluster), charges)
    marks.append(time.process_time())
    single_point(item.cluster, "GFN1-xTB", unpaired=0, accuracy=QUICK)
    marks.append(time.process_time())
    return marks[1] - marks[0], marks[2] - marks[1]


def main() -> None:
    """Write the tables."""
    parents = [item for item in load("generated") if item.edits == "parent"]
    truth = np.array([next(r.value for r in item.labels if r.target == "gap") for item in parents])
    found, sizes = gaps(parents)
    lines = [
        "# Levels from charges and one diagonalisation",
        "",
        f"GFN1 gaps of {len(parents)} parents of `generated`, eV; their mean deviation from their mean is "
        f"{np.abs(truth - truth.mean()).mean():.3f} eV. Written by `check.py`; constants by `shell_potentials.py` and "
        "`pair_tables.py`.",
        "",
        "| charges | mean error | median | bias | r |",
        "|---|---|---|---|---|",
    ]
    for name, values in found.items():
        error = np.array(values) - truth
        lines.append(
            f"| {name} | {np.abs(error).mean():.3f} | {np.median(np.abs(error)):.3f} | {error.mean():+.3f} "
            f"| {np.corrcoef(values, truth)[0, 1]:.3f} |"
        )
    lines += ["", "| orbitals | levels, s | calculation, s | ratio |", "|---|---|---|---|"]
    for wanted in TIMED:
        size = min(sizes, key=lambda many: abs(many - wanted))
        seconds(sizes[size])  # tables are read once
        levels, calculation = np.median([seconds(sizes[size]) for _ in range(3)], axis=0).tolist()
        lines.append(f"| {size} | {levels:.3f} | {calculation:.3f} | {calculation / levels:.0f} |")
    text = "\n".join(lines) + "\n"
    Path(__file__).with_name("RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
