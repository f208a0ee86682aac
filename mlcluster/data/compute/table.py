"""Accepted results as a plain table of labels."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = (
    "entry",
    "formula",
    "n_atoms",
    "charge",
    "multiplicity",
    "method",
    "gap_ev",
    "homo_ev",
    "lumo_ev",
    "energy_ev",
    "structure",
    "engine",
    "cpu_seconds",
)
"""Columns of ``labels.csv``; energies in eV, `structure` is the key of the exact geometry."""


def write_labels(rows: Sequence[Mapping[str, Any]], path: Path) -> int:
    """Write the accepted rows in order and return how many there are; the file is replaced as a whole."""
    accepted = [row for row in rows if row["accepted"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with open(unfinished, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(accepted)
    os.replace(unfinished, path)
    return len(accepted)
