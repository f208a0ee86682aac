"""Score predicted differences on the held-out pairs of recorded runs, and write RESULTS.md beside this file.

    python experiments/pairs/score.py RUN [RUN ...] [--project DIR]

RUN is a run of `mlcluster train` with ``residual_scale: leave-one-family-out``, which keeps the paired calibrations in
its model unless ``paired_intervals: false``, or of `mlcluster evaluate`.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from mlcluster.comparison.scored_run import PairScores, score_run
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
    arguments = parser.parse_args()
    found = [score_run(run, project=arguments.project) for run in arguments.runs]
    write_results(found)


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
