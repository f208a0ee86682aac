"""Calculate PBE/LANL2DZ gaps of chosen model clusters, write the table beside this file and compare it with GFN1-xTB.

    python datasets/computed_gfn1_models/make.py WORK_DIRECTORY

Can be stopped and started again at any moment; ``choice.csv`` lists the entries in the order they are calculated.
"""

from __future__ import annotations

import csv
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from mlcluster.data import load
from mlcluster.data.compute import compute
from mlcluster.runs import Journal

HERE = Path(__file__).parent
COLUMNS = ("entry", "charge", "method", "gap_ev", "homo_ev", "lumo_ev", "energy_ev", "engine", "cpu_seconds")


def main(work: Path) -> None:
    """Calculate what is not done yet and write ``labels.csv``."""
    with open(HERE / "choice.csv", encoding="utf-8", newline="") as handle:
        chosen = [row["entry"] for row in csv.DictReader(handle)]
    result = compute("gfn1_models", work, method="dft-pbe-lanl2dz", only=chosen)
    print(result["accepted"], "accepted", result["failed"], file=sys.stderr)
    write(Journal(work / "results.jsonl").rows())
    table()


def write(rows: list[dict]) -> None:
    """Write the accepted results in the order of the entries."""
    with open(HERE / "labels.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted((row for row in rows if row["accepted"]), key=lambda row: row["entry"]))


def table() -> None:
    """Print the difference of PBE and GFN1-xTB gaps by family, as it stands in the card."""
    with open(HERE / "labels.csv", encoding="utf-8", newline="") as handle:
        pbe = {row["entry"]: float(row["gap_ev"]) for row in csv.DictReader(handle)}
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for item in load("gfn1_models"):
        if item.entry in pbe:
            gfn1 = next(record.value for record in item.labels if record.method == "gfn1-xtb")
            pairs[str(item.family)].append((gfn1, pbe[item.entry]))
    pairs["all"] = [pair for family in list(pairs.values()) for pair in family]
    print("| family | clusters | GFN1 | PBE | PBE - GFN1 | Pearson |\n|---|---|---|---|---|---|")
    for family, values in pairs.items():
        print(row_text(family, values))


def row_text(family: str, values: list[tuple[float, float]]) -> str:
    """One line of the table: means, difference with its standard deviation, correlation from three clusters on."""
    gfn1, pbe = zip(*values, strict=True)
    difference = [b - a for a, b in values]
    spread = f" ± {statistics.stdev(difference):.2f}" if len(values) > 1 else ""
    pearson = f"{statistics.correlation(gfn1, pbe):.2f}" if len(values) > 2 else "-"
    means = f"{statistics.mean(gfn1):.2f} | {statistics.mean(pbe):.2f} | {statistics.mean(difference):+.2f}{spread}"
    return f"| {family} | {len(values)} | {means} | {pearson} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
