"""Calculate GFN1-xTB gaps of coinage-metal complexes and write the table beside this file.

    mlcluster data prepare tmqm --from FOLDER
    python datasets/computed_tmqm/make.py WORK_DIRECTORY

Can be stopped and started again at any moment. Only labels are written: the geometries belong to tmQM.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from mlcluster.data import load
from mlcluster.data.compute import compute
from mlcluster.runs import Journal

COMPLEXES = 1000
LARGEST = 60
"""Atoms; larger complexes were left out for their cost."""
SEED = 20261120
COLUMNS = ("entry", "charge", "method", "gap_ev", "homo_ev", "lumo_ev", "energy_ev", "engine")


def main(work: Path) -> None:
    """Choose, calculate and write."""
    items = sorted(load("tmqm"), key=lambda item: item.entry)
    closed = [item for item in items if len(item.cluster) <= LARGEST and item.cluster.multiplicity == 1]
    chosen = np.random.default_rng(SEED).choice(len(closed), COMPLEXES, replace=False)
    compute({closed[k].entry: closed[k].cluster for k in chosen}, work)
    write(Journal(work / "results.jsonl").rows(), Path(__file__).parent)


def write(rows: list[dict], here: Path) -> None:
    """Write ``labels.csv`` and ``failures.csv`` in the order of the CSD codes."""
    rows = sorted(rows, key=lambda row: row["entry"])
    tables = {"labels.csv": (COLUMNS, True), "failures.csv": (("entry", "charge", "method", "reason"), False)}
    for name, (columns, accepted) in tables.items():
        with open(here / name, "w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in rows if row["accepted"] is accepted)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
