"""What the descriptors of a capped cluster cost: seconds of one core beside plain tblite, and what settings save.

    python benchmarks/calculation_cost.py [FILE.xyz ...] [--settings] [--threads]

Without files: model clusters of 30 to 100 atoms built by rule. CPU time, the best of two runs: trust the ratios,
the seconds depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.design.frameworks import build
from mlcluster.electronic import tight_binding
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.capping import capped
from mlcluster.electronic.descriptors import describe, estimated_seconds
from mlcluster.electronic.kept import KeptCalculations
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.read import read

MODELS = ("m6-phosphine", "m9-phosphine", "m25-thiolate", "m13-phosphine", "m38-thiolate")
SETTINGS = {
    "plain": {},
    "guess eeq": {"guess": 1},
    "damping 0.2": {"mixer-damping": 0.2},
    "accuracy 100": {"accuracy": 100.0},
    "guess eeq, damping 0.2": {"guess": 1, "mixer-damping": 0.2},
    "all three (used)": {"guess": 1, "mixer-damping": 0.2, "accuracy": 100.0},
}


def clusters(files: list[Path]) -> list[Cluster]:
    """Capped clusters, small ones first; the charge of a file without one is taken as 0."""
    whole = [read(file)[0].cluster for file in files] or [build(name) for name in MODELS]
    made = [capped(Anatomy(c if c.charge is not None else c.replace(charge=0))).cluster for c in whole]
    return sorted(made, key=len)


def plain(cluster: Cluster, **settings: float) -> float:
    """The gap by tblite alone."""
    from tblite.interface import Calculator

    made = Calculator("GFN1-xTB", cluster.numbers, cluster.positions / tight_binding.BOHR, cluster.charge, 0)
    for key, value in {"verbosity": 0, "temperature": 300 * 3.166811563e-6, **settings}.items():
        made.set(key, value)
    result = made.singlepoint()
    levels = np.ravel(result.get("orbital-energies")) * 27.211386245988
    homo = round(float(np.sum(result.get("orbital-occupations")))) // 2
    return float(levels[homo] - levels[homo - 1])


def cpu(function: Callable[[], object], times: int = 2) -> float:
    """Least CPU seconds of a few calls."""
    found = []
    for _ in range(times):
        started = time.process_time()
        function()
        found.append(time.process_time() - started)
    return min(found)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--settings", action="store_true", help="Also what each setting saves.")
    parser.add_argument("--threads", action="store_true", help="Also wall time with one thread and two.")
    options = parser.parse_args()
    nothing = KeptCalculations(None)
    used = SETTINGS["all three (used)"]
    print("| cluster | atoms | estimate s | tblite s | tblite, same settings s | descriptors s | overhead |")
    print("|---|---|---|---|---|---|---|")
    for cluster in clusters(options.files):
        try:
            whole = cpu(lambda c=cluster: describe(c, kept=nothing, max_seconds=np.inf))
        except CalculationError as error:
            print(f"| {cluster.formula} | {len(cluster)} | {error} |")
            continue
        bare, same = cpu(lambda c=cluster: plain(c)), cpu(lambda c=cluster: plain(c, **used))
        row = (cluster.formula, len(cluster), f"{estimated_seconds(cluster):.1f}", f"{bare:.2f}", f"{same:.2f}")
        print("|", " | ".join(map(str, (*row, f"{whole:.2f}", f"{100 * (whole / same - 1):+.0f} %"))), "|", flush=True)
        if options.settings:
            for name, settings in SETTINGS.items():
                seconds = cpu(lambda c=cluster, s=settings: plain(c, **s), 1)
                print(f"| - {name} | | | {seconds:.2f} | {plain(cluster, **settings):.4f} eV | | |", flush=True)
    if options.threads:
        for threads in ("1", "2"):
            started = time.monotonic()
            command = [sys.executable, __file__, *map(str, options.files)]
            subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": threads}, check=True, capture_output=True)
            print(f"{threads} threads: {time.monotonic() - started:.1f} s in all")


if __name__ == "__main__":
    main()
