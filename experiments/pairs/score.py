"""Score predicted differences on the held-out pairs of recorded runs, and write RESULTS.md beside this file.

    python experiments/pairs/score.py RUN [RUN ...] [--project DIR] [--attach MODEL]

RUN is a run of `mlcluster train` with ``residual_scale: leave-one-family-out`` or of `mlcluster evaluate`. With
--attach the paired calibrations of the first run go into the model in that directory, which `mlcluster compare` then
uses; the hash of the model changes with them.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from mlcluster.comparison.calibration import with_difference_calibrations
from mlcluster.comparison.recorded import PairScores, score_run
from mlcluster.levels.network import load_ensemble, save_ensemble
from mlcluster.model.card_text import write_model_card
from mlcluster.report.pair_scores import how_to_read, pair_scores_markdown, risk_coverage_picture

HERE = Path(__file__).resolve().parent
QUESTION = (
    "Is the difference of two relatives predicted better than each of them, and is what is called resolved right?"
)


def main() -> None:
    """Score the runs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--project", type=Path, default=None, help="directory that holds .mlcluster")
    parser.add_argument("--attach", type=Path, default=None, metavar="MODEL", help="model that gets the calibrations")
    arguments = parser.parse_args()
    found = [score_run(run, project=arguments.project) for run in arguments.runs]
    write_results(found)
    if arguments.attach is not None:
        ensemble = load_ensemble(arguments.attach)
        with_pairs = with_difference_calibrations(ensemble, found[0].calibrations)
        save_ensemble(with_pairs, arguments.attach)
        write_model_card(arguments.attach)
        print(f"model {ensemble.short_hash} is now {with_pairs.short_hash}")


def write_results(found: list[PairScores]) -> None:
    """Write RESULTS.md, all rows as scores.csv, and a risk-coverage picture a channel."""
    rows = [{"run": scores.run_id, **row} for scores in found for row in scores.table]
    with (HERE / "scores.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows([{k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows])
    parts = ["# Differences between relatives", "", QUESTION, "", how_to_read(), ""]
    for scores in found:
        parts.append(pair_scores_markdown(scores))
        for channel in dict.fromkeys(key[0] for key, curve in scores.curves.items() if curve):
            name = f"risk_{scores.run_id[:8]}_{channel.replace(':', '_')}.svg"
            risk_coverage_picture(scores, channel, HERE / name)
            parts += [f"![Share of wrong signs against share of pairs answered, {channel}]({name})", ""]
    (HERE / "RESULTS.md").write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
