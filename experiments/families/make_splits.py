"""Write the splits of this experiment: the same test families, and more and more families to learn from.

    python experiments/families/make_splits.py

A split knows the data that it divides, so these are written anew whenever ``datasets/generated`` has grown, and are not
part of the repository. Each number of families contains the smaller ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlcluster.data import LabelledCluster, load, only_trainable
from mlcluster.data.split_files import write_split
from mlcluster.data.splits import Split, families_of

HERE = Path(__file__).resolve().parent
CHANNELS = ["gap:gfn1-xtb"]
COUNTS = (10, 30, 100, 200)
TESTED, STOP_SHARE = 23, 0.2
"""Families that judge, and share of those to learn from that only tells when to stop."""
SEED = 0


def growing_splits(items: Sequence[LabelledCluster], counts: Sequence[int] = COUNTS) -> dict[int, Split]:
    """Split for each number of families to learn from, as many as there are."""
    groups = families_of(items)
    order = np.random.default_rng(SEED).permutation(sorted(groups)).tolist()
    tested = order[:TESTED]
    left = order[len(tested) :]
    found = {}
    for count in counts:
        if count > len(left):
            break
        # Every fifth, so that the families to stop on grow with the others.
        stopped = left[:count][:: round(1 / STOP_SHARE)]
        learned = [family for family in left[:count] if family not in stopped]
        sides = [tuple(item.entry for family in side for item in groups[family]) for side in (learned, stopped, tested)]
        found[count] = Split(kind="family", train=sides[0], validation=sides[1], test=sides[2], seed=SEED)
    return found


def main() -> None:
    """Write ``splits/NNN.json`` beside this file."""
    everything = load("generated")
    (HERE / "splits").mkdir(exist_ok=True)
    for count, split in growing_splits(only_trainable(everything, CHANNELS)).items():
        path = HERE / "splits" / f"{count:03d}.json"
        write_split(path, split, everything)
        print(f"{path}: {len(split.train)} to fit, {len(split.validation)} to stop on, {len(split.test)} to judge")


if __name__ == "__main__":
    main()
