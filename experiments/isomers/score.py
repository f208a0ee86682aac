"""Score a network on published isomers that it has never seen: GFN1 gaps of the capped clusters of ausr.

    python experiments/isomers/score.py ausr=PATH [--model DIR] [--max-seconds S]

Nothing of ausr is learned from or calibrated on. The gap to be met is that of a GFN1-xTB calculation of the same capped
cluster (kept in the user's cache); for the sign of a difference the published DFT gap stands beside it. A tracked run
holds scores, predictions and the model's hash; ``RESULTS.md`` here is its table.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr

from mlcluster.anatomy import Anatomy
from mlcluster.data.sources.ausr import read
from mlcluster.electronic.capping import capped
from mlcluster.electronic.descriptors import describe_many
from mlcluster.errors import MlclusterError
from mlcluster.levels.network.predict import NetworkModel
from mlcluster.resources import bundled_model_dir
from mlcluster.runs import usable_cores
from mlcluster.tracking import RunStore

Array = NDArray[np.float64]
ANIONS = ("8e_26_19", "30_21")
"""Entries that are anions, which the files do not say."""
LARGEST = 120
"""Capped atoms beyond which no reference is calculated."""
DFT = ("gap", "dft-ausr-sch3")


def rows_of(path: Path, model: NetworkModel, max_seconds: float) -> list[dict[str, Any]]:
    """Reference, DFT gap and prediction of every closed shell; others are told of."""
    items = [
        (item, capped(Anatomy(item.cluster.replace(charge=-1 if item.entry in ANIONS else 0))).cluster)
        for item in read(path)
    ]
    items = [(item, cluster) for item, cluster in items if len(cluster) <= LARGEST]
    done = describe_many([cluster for _, cluster in items], processes=usable_cores(), max_seconds=max_seconds)
    rows = []
    for (item, cluster), found in zip(items, done, strict=True):
        try:
            if isinstance(found, MlclusterError):
                raise found
            output = model.predict([model.features(cluster)])
        except MlclusterError as error:
            print(f"{item.entry}: {error}", file=sys.stderr)
            continue
        if not found.is_open_shell:
            labels = {(record.target, record.method): record.value for record in item.labels}
            rows.append(
                {
                    "entry": item.entry,
                    "formula": cluster.formula,
                    "charge": cluster.charge,
                    "gfn1_ev": found.gfn1.gap_ev,
                    "dft_ev": labels.get(DFT),
                    "predicted_ev": float(output.mean[0, 0]),
                    "inside": not output.reasons[0][0],
                }
            )
    return rows


def scored(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Errors, and how isomers of one composition are ranked."""
    gap, said = (np.array([row[key] for row in rows]) for key in ("gfn1_ev", "predicted_ev"))
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[row["formula"], row["charge"]].append(number)
    isomers = [group for group in groups.values() if len(group) > 1]
    inside = [np.concatenate([values[group] - values[group].mean() for group in isomers]) for values in (gap, said)]
    pairs = [pair for group in isomers for pair in combinations(group, 2)]
    with_dft = [(a, b) for a, b in pairs if rows[a]["dft_ev"] is not None and rows[b]["dft_ev"] is not None]
    return {
        "clusters": len(rows),
        "compositions_with_isomers": len(isomers),
        "mae_ev": float(np.abs(said - gap).mean()),
        "bias_ev": float((said - gap).mean()),
        "mae_of_mean_ev": float(np.abs(gap - gap.mean()).mean()),
        "spearman": float(spearmanr(said, gap)[0]),
        "spearman_within_compositions": float(spearmanr(*inside)[0]),
        "pearson_within_compositions": float(pearsonr(*inside)[0]),
        "pairs": len(pairs),
        "right_signs": float(np.mean([(said[a] - said[b]) * (gap[a] - gap[b]) > 0 for a, b in pairs])),
        "pairs_with_dft": len(with_dft),
        "right_signs_of_dft": float(
            np.mean([(said[a] - said[b]) * (rows[a]["dft_ev"] - rows[b]["dft_ev"]) > 0 for a, b in with_dft])
        ),
        "right_signs_of_dft_by_the_calculation": float(
            np.mean([(gap[a] - gap[b]) * (rows[a]["dft_ev"] - rows[b]["dft_ev"]) > 0 for a, b in with_dft])
        ),
        "inside": float(np.mean([row["inside"] for row in rows])),
    }


def table(scores: dict[str, float], run: str, model: NetworkModel) -> str:
    """The scores as a page."""
    lines = [f"| {name.replace('_', ' ')} | {value:.3g} |" for name, value in scores.items()]
    head = [
        "# Isomers of `ausr`, never learned from",
        "",
        f"Run `{run}` of `score.py`; model `{model.hash[:12]}`. Errors in eV against GFN1-xTB calculations of the same "
        "capped cluster; within compositions means that the mean of the isomers of each is taken off.",
        "",
        "| score | value |",
        "|---|---|",
    ]
    return "\n".join([*head, *lines]) + "\n"


def main() -> None:
    """Score, track and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ausr", metavar="ausr=PATH")
    parser.add_argument("--model", type=Path, default=bundled_model_dir("default"))
    parser.add_argument("--max-seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    model = NetworkModel.load(chosen.model)
    rows = rows_of(Path(chosen.ausr.partition("=")[2]), model, chosen.max_seconds)
    scores = scored(rows)
    with RunStore().start("isomers", "ausr", {"mlcluster.kind": "score"}) as run:
        run.log_parameters({"model": model.hash, "source": "ausr"})
        run.log_metrics([(name, value, 0) for name, value in scores.items()])
        run.log_table(list(rows[0]), [list(row.values()) for row in rows], "predictions.json")
    page = table(scores, run.id, model)
    Path(__file__).with_name("RESULTS.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
