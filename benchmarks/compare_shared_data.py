"""`mlcluster compare` over pairs of the shared data: which relations are found, what fails, how long a pair takes.

Usage: ``python -m benchmarks.compare_shared_data [DATA_DIR] [--out benchmarks/COMPARE_TABLE.md] [--pairs N]``

Every isomer pair of `ausr` goes through `mlcluster.compare`, files as they are. Then N pairs are drawn of neighbours in
size (one gold and one sulfur more or less), and N of strangers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

import mlcluster
from mlcluster.prediction.predict import open_model

SAME, NEXT, OTHER = "same composition", "one Au, one S more at most", "other composition"


def groups_of(files: list[Path], drawn: int) -> Iterator[tuple[str, list[tuple[Path, Path]]]]:
    """Pairs by what their compositions say; all of one composition, and `drawn` of each other group."""
    made_of = {file: Counter(mlcluster.read(file)[0].cluster.composition) for file in files}
    pairs: dict[str, list[tuple[Path, Path]]] = {SAME: [], NEXT: [], OTHER: []}
    for a, b in combinations(files, 2):
        steps = [abs(made_of[a][symbol] - made_of[b][symbol]) for symbol in made_of[a] | made_of[b]]
        pairs[SAME if not any(steps) else NEXT if max(steps) == 1 else OTHER].append((a, b))
    generator = np.random.default_rng(0)
    for name, found in pairs.items():
        if name != SAME and len(found) > drawn:
            found = [found[k] for k in sorted(generator.choice(len(found), drawn, replace=False).tolist())]
        yield name, found


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/COMPARE_TABLE.md"))
    parser.add_argument("--pairs", type=int, default=25, help="pairs drawn of each group but the isomers")
    options = parser.parse_args()
    ensemble = open_model(None)
    lines = [
        "# Comparison over pairs of the shared data",
        "",
        f"Made by `python -m benchmarks.compare_shared_data --pairs {options.pairs}`: all pairs of one composition",
        f"among the clusters of `ausr`, {options.pairs} drawn of each other group, model `{ensemble.short_hash}`.",
        "Seconds are processor time of one thread for reading, matching, anatomy and prediction.",
        "",
        "| compositions | pairs | relations found | failed | resolved | matched share | seconds: median | most |",
        "|---|---|---|---|---|---|---|---|",
    ]
    failures, isomers = [], []
    for name, pairs in groups_of(sorted((options.data / "ausr" / "cif").glob("*.cif")), options.pairs):
        relations: Counter[str] = Counter()
        seconds, shares, resolved, failed = [], [], 0, 0
        for a, b in pairs:
            start = time.process_time()
            try:
                found = mlcluster.compare(a, b, model=ensemble)
            except Exception as error:  # noqa: BLE001 # every failure is a row of the table
                failed += 1
                failures.append(f"- `{a.stem}`, `{b.stem}`: {type(error).__name__}: {error}")
                continue
            seconds.append(time.process_time() - start)
            shares.append(found["matched_share"])
            resolved += any(row["resolved"] for row in found["properties"])
            kind = f" ({found['isomer_kind']})" if found["isomer_kind"] else ""
            relations[found["relation"] + kind] += 1
            if name == SAME:
                rmsd = "-" if found["rmsd"] is None else f"{found['rmsd']:.2f}"
                cells = (f"`{a.stem}`", f"`{b.stem}`", found["relation"] + kind, f"{found['matched_share']:.0%}", rmsd)
                isomers.append(f"| {' | '.join(cells)} |")
        listed = ", ".join(f"{n} {relation}" for relation, n in relations.most_common())
        times = f"{statistics.median(seconds):.2f} | {max(seconds):.2f}" if seconds else "- | -"
        share = f"{statistics.median(shares):.0%}" if shares else "-"
        lines.append(f"| {name} | {len(pairs)} | {listed} | {failed} | {resolved} | {share} | {times} |")
    lines += ["", "The matched share of a group is its median. Resolved counts pairs with any property resolved."]
    lines += ["", "## Failures", "", *(failures or ["None."]), "", "## Pairs of one composition", ""]
    lines += ["| A | B | relation | matched share | RMSD, angstrom |", "|---|---|---|---|---|", *isomers]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
