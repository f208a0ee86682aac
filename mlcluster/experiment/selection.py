"""Choice between models by their validation scores alone: checked before a run starts, recorded with the sweep."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlcluster.data.splits import families_in_turn
from mlcluster.errors import ConfigError
from mlcluster.experiment.judged_rows import Judged
from mlcluster.experiment.planned_runs import OVER, Progress, progress_of
from mlcluster.experiment.question import LOWER_IS_BETTER, Experiment, read_experiment, search_hash
from mlcluster.experiment.search import SAMPLERS, keep_point
from mlcluster.experiment.statistics import score
from mlcluster.labels import Channel
from mlcluster.levels.network.predict import NETWORK
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.logged_tables import VALIDATION

SWEEP = "sweep"
"""Kind of a run whose children are the runs of a grid or a search."""

TABLE = "trials.json"


def open_sweep(experiment: Experiment, store: RunStore) -> Run:
    """Run that those of an experiment are children of; the same one when the experiment is gone on with."""
    known = store.records(experiment=experiment.name, tags={"mlcluster.kind": SWEEP}, details=False)
    if known:
        return store.resume(known[0].id)
    run = store.start(experiment.name, f"{experiment.name}: sweep", {"mlcluster.kind": SWEEP})
    run.log_text(experiment.question.question, "question.txt")
    return run


def validation_scores(experiment: Experiment, progress: Sequence[Progress]) -> list[dict[str, Any]]:
    """What each model tried, and its validation score where its runs have one.

    Returns
    -------
    list[dict[str, Any]]
        Rows of ``{"arm", "point", "score", "value", "seeds", "runs", "state"}`` in the order of the models; ``value``
        is the mean over the seeds that have finished, None where none has.
    """
    decides = experiment.question.decides
    key = f"{VALIDATION}/{decides.channel}/{NETWORK}/{decides.score}"
    rows = []
    for arm in experiment.arms:
        own = [each for each in progress if each.unit.arm.name == arm.name]
        ended = [each.run for each in own if each.run is not None and each.state == "finished"]
        values = [run.metrics[key] for run in ended if math.isfinite(run.metrics.get(key, math.nan))]
        rows.append(
            {
                "arm": arm.name,
                "point": dict(arm.point),
                "score": decides.score,
                "value": sum(values) / len(values) if values else None,
                "seeds": len(values),
                "runs": [run.id for run in ended],
                "state": ", ".join(sorted({each.state for each in own})),
            }
        )
    return rows


def best_of(experiment: Experiment, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Row with the best validation score among those that finished as many seeds as any; None where none has one."""
    most = max((row["seeds"] for row in rows), default=0)
    known = [row for row in rows if row["seeds"] == most and row["value"] is not None]
    sign = 1.0 if LOWER_IS_BETTER[experiment.question.decides.score] else -1.0
    return dict(min(known, key=lambda row: sign * row["value"])) if known else None


def close_sweep(run: Run, experiment: Experiment, progress: Sequence[Progress]) -> None:
    """Record what was tried and what is best by validation, and end the sweep for now."""
    rows = validation_scores(experiment, progress)
    keys = list(dict.fromkeys(key for row in rows for key in row["point"]))
    head = ["arm", *keys, "score", "value", "seeds", "state"]
    run.log_table(head, [[{**row, **row["point"]}.get(key) for key in head] for row in rows], TABLE)
    best = best_of(experiment, rows) if experiment.question.selects else None
    if best is not None:
        run.set_tags({"mlcluster.best.arm": best["arm"], "mlcluster.best.run": best["runs"][0]})
        run.log_metrics([(f"best/{best['score']}", best["value"], len([row for row in rows if row["seeds"]]))])
        run.log_text(json.dumps(best, indent=1), "best.json")
    run.finish("FINISHED" if all(each.is_over for each in progress) else "KILLED")


def grown(experiment: Experiment, store: RunStore, count: int) -> Experiment:
    """The experiment with so many further trials, where its sampler learns and all that were chosen have ended."""
    question = experiment.question
    search = question.search
    if search is None or not search.learns:
        return experiment
    rows = validation_scores(experiment, progress_of(experiment, store))
    if any(not set(row["state"].split(", ")) <= {*OVER, "failed"} for row in rows):
        return experiment
    sign = 1.0 if LOWER_IS_BETTER[question.decides.score] else -1.0
    told = [(row["point"], _told(row, sign)) for row in rows]
    for number in range(len(rows), min(search.trials, len(rows) + count)):
        point = SAMPLERS[search.sampler](search, number, told)
        keep_point(experiment.directory, search_hash(question), point)
    return read_experiment(experiment.directory)


def _told(row: Mapping[str, Any], sign: float) -> float | None:
    """Score of a trial for the sampler: infinity for one that ended early with any of its seeds."""
    if "pruned" in row["state"]:
        return math.inf
    return None if row["value"] is None else sign * row["value"]


def chosen_alone(experiment: Experiment, judged: Sequence[Judged], deciding: Sequence[Judged]) -> list[Judged]:
    """Tables in which, but for the deciding ones, only the model that these choose is left, with its baselines.

    What the others say of rows that nothing may be chosen by is not shown: nobody then chooses by it either.
    """
    name = _chosen(experiment, deciding)
    kept = []
    for each in judged:
        if each not in deciding and name in each.arms:
            own = {key: base for key, base in each.baselines.items() if name in base.arms}
            bases = {key: replace(base, arms=(name,)) for key, base in own.items()}
            each = replace(each, arms={name: each.arms[name]}, baselines=bases)
        kept.append(each)
    return kept


def _chosen(experiment: Experiment, deciding: Sequence[Judged]) -> str:
    decides = experiment.question.decides
    sign = 1.0 if LOWER_IS_BETTER[decides.score] else -1.0
    arms = deciding[0].arms
    means = {
        name: sum(score(decides.score, rows) for rows in seeds.values()) / len(seeds) for name, seeds in arms.items()
    }
    return min(means, key=lambda name: sign * means[name])


def chosen_sentences(tables: Sequence[Mapping[str, Any]], deciding: int) -> Iterator[str]:
    """What the model chosen by validation has on rows that took no part in the choice."""
    name = tables[0]["best"]
    yield f"Chosen by validation alone: {name}."
    for table in tables[deciding:]:
        if table["best"] == name:
            known = table["scores"][name]
            yield (
                f"On {table['split']}, which no choice has seen, its {table['score']} of {table['channel']} is "
                f"{known.value:.3g} ({known.lower:.3g} to {known.upper:.3g})."
            )


def check_decides(experiment: Experiment, file: Path) -> None:
    """Refuse what the runs will not have before any of them starts: a channel, a split, validation scores.

    Raises
    ------
    ConfigError
        With what there will be.
    """
    question = experiment.question
    for arm in experiment.arms:
        if arm.config.level != "network":
            if question.selects:
                raise ConfigError(
                    "only networks have validation scores.", file=file, site=arm.name, found=arm.config.level
                )
            continue
        channels = arm.config.model.channels
        if question.decides.channel not in channels:
            found, expected = Channel.parse(question.decides.channel).key, ", ".join(channels)
            raise ConfigError(
                f"the model {arm.name!r} does not predict what decides.",
                file=file,
                site="decides.channel",
                found=found,
                expected=expected,
            )
        split, there = question.decides.split, _splits(question.runs, arm.config)
        if split is not None and there is not None and split not in there:
            raise ConfigError(
                f"the runs of {arm.name!r} will not have the split that decides.",
                file=file,
                site="decides.split",
                found=split,
                expected=", ".join(there),
            )


def _splits(verb: str, config: Any) -> list[str] | None:
    """Splits that a run of a network will have; None where its data say it."""
    kind = config.split.kind
    if kind == "official":
        return None
    if verb == "evaluate":
        return [
            {"family": families_in_turn(config.evaluate.folds), "random": "random folds", "stored": "stored split"}[
                kind
            ]
        ]
    in_turn = config.residual_scale == "leave-one-family-out"
    left_out = [families_in_turn(config.evaluate.folds)] if in_turn else []
    return [VALIDATION, *left_out, *([] if config.split.test == [] else ["test"])]
