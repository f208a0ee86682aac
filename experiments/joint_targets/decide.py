"""Write DECISION.md from the runs of this experiment: what ships for each property, the network or the formula level.

    python experiments/joint_targets/decide.py [DIRECTORY]

The network ships for a measured property if its mean absolute error on families held out is below those of the mean and
of the formula level, over four families or more; otherwise the formula level keeps its row. A calculated property has
no formula level: there the best simple baseline stands in its place. Of measured properties the clusters of the
literature alone are judged.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.data.sources.literature_models import CARD, conditions
from mlcluster.experiment.judged_rows import Judged, read_held_out
from mlcluster.experiment.planned_runs import progress_of
from mlcluster.experiment.question import read_experiment
from mlcluster.experiment.statistics import Rows, paired_difference, score
from mlcluster.labels import Channel
from mlcluster.labels.targets import get_target
from mlcluster.levels.formula.entries import FEWEST_FAMILIES, literature_rows
from mlcluster.levels.formula.fit import hold_out_families
from mlcluster.runs import write_whole
from mlcluster.tracking import RunStore

HERE = Path(__file__).resolve().parent
FORMULA, MEAN = "formula level", "mean"
FILE = "DECISION.md"


def formula_level(channel: str) -> dict[str, float]:
    """What the formula level says of each entry of `literature_models` with its family left out, in the unit."""
    rows = literature_rows(channel)
    asked, table = rows.take(rows.judged), hold_out_families(rows)[0]
    values = get_target(Channel.parse(channel).target).from_model(table.predicted)
    names = (
        " ".join(filter(None, (entry, conditions(record.medium, record.temperature_k))))
        for entry, record in zip(asked.entries, asked.records, strict=True)
    )
    return dict(zip(names, np.asarray(values).tolist(), strict=True))


def decided(judged: Judged, formula: Mapping[str, float] | None) -> dict[str, Any]:
    """One row of the table.

    Parameters
    ----------
    judged
        What network and baselines say of a channel.
    formula
        What the formula level says of its entries; None for a calculated property.
    """
    (name,) = judged.arms
    others = {baseline.predictor: baseline.by_seed for baseline in judged.baselines.values()}
    network = _kept(judged.arms[name], formula)
    against = {other: _kept(by_seed, formula) for other, by_seed in others.items()}
    if formula is not None:
        against[FORMULA] = [_said_by(rows, formula) for rows in network]
    rows = len(network[0].entries)
    families = len(set(network[0].families))
    row: dict[str, Any] = {"channel": judged.channel, "rows": rows, "families": families, "errors": {}}
    if not rows:
        return row | {"ships": FORMULA, "why": "no row is judged"}
    row["errors"] = {"network": _error(network), **{other: _error(said) for other, said in against.items()}}
    keeper = FORMULA if formula is not None else min(against, key=lambda other: row["errors"][other])
    difference = paired_difference("mae", network, against[keeper])
    row |= {"keeper": keeper, "difference": (difference.value, difference.lower, difference.upper)}
    if families < FEWEST_FAMILIES:
        return row | {"ships": keeper, "why": f"{families} families judge nothing, {FEWEST_FAMILIES} are needed"}
    better = [other for other in dict.fromkeys((MEAN, keeper)) if row["errors"]["network"] < row["errors"][other]]
    if len(better) == len({MEAN, keeper}):
        return row | {"ships": "network", "why": f"below {' and '.join(better)}"}
    return row | {"ships": keeper, "why": "the network is not below " + " and ".join({MEAN, keeper} - set(better))}


def _kept(by_seed: Mapping[int, Rows], formula: Mapping[str, float] | None) -> list[Rows]:
    """Rows of each seed; of a measured property those of clusters that the formula level has as well."""
    if formula is None:
        return list(by_seed.values())
    prefix = f"{CARD.name}/"
    return [
        rows.chosen(
            np.array([e.startswith(prefix) and e.removeprefix(prefix) in formula for e in rows.entries], dtype=bool)
        )
        for rows in by_seed.values()
    ]


def _said_by(rows: Rows, formula: Mapping[str, float]) -> Rows:
    return replace(rows, predicted=np.array([formula[e.removeprefix(f"{CARD.name}/")] for e in rows.entries]))


def _error(by_seed: Sequence[Rows]) -> float:
    return float(np.mean([score("mae", rows) for rows in by_seed]))


def unjudged(channels: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the channels that no fold could judge, as where too few clusters have a label."""
    told = {row["channel"] for row in rows}
    return [
        {
            "channel": channel,
            "rows": 0,
            "families": 0,
            "errors": {},
            "ships": FORMULA if channel.endswith(":measured") else "nothing",
            "why": "no row is judged",
        }
        for channel in channels
        if channel not in told
    ]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as Markdown."""
    names = list(dict.fromkeys(name for row in rows for name in row["errors"]))
    head = [
        "property",
        "unit",
        "entries",
        "families",
        *names,
        "network less its rival (90 % over families)",
        "ships",
        "why",
    ]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        channel = Channel.parse(row["channel"])
        errors = [f"{row['errors'][name]:.3g}" if name in row["errors"] else "" for name in names]
        told = ""
        if "difference" in row:
            value, low, high = row["difference"]
            told = f"{value:+.3g} ({low:+.3g} to {high:+.3g}), {row['keeper']}"
        counts = [str(row["rows"]), str(row["families"])]
        lines.append([channel.key, channel.definition.unit, *counts, *errors, told, f"**{row['ships']}**", row["why"]])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(directory: Path) -> None:
    """Read the runs and write the table beside the question."""
    experiment = read_experiment(directory)
    store = RunStore()
    progress = progress_of(experiment, store)
    rows = []
    for judged in read_held_out(progress, store):
        measured = judged.channel.endswith(":measured")
        rows.append(decided(judged, formula_level(judged.channel) if measured else None))
    rows += unjudged(experiment.arms[0].config.model.channels, rows)
    runs = ", ".join(f"`{each.run.id}`" for each in progress if each.run is not None and each.state == "finished")
    rule = " ".join((__doc__ or "").split("\n\n")[2].split())
    head = f"# {experiment.name}: what ships\n\nWritten by `python experiments/joint_targets/decide.py` from the runs"
    text = f"{head} {runs}: mean absolute errors on families held out, means over seeds.\n\n{rule}\n\n{table(rows)}\n"
    write_whole(directory / FILE, text)
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
