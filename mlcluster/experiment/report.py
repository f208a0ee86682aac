"""``experiment report``: RESULTS.md and its plots from the runs in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, InputError
from mlcluster.experiment.draw import draw
from mlcluster.experiment.held_out import Judged, read_held_out
from mlcluster.experiment.progress import progress_of
from mlcluster.experiment.question import FILE, LOWER_IS_BETTER, Experiment, read_experiment
from mlcluster.experiment.results import number, results_document
from mlcluster.experiment.statistics import Estimate, estimate, family_wins, paired_difference
from mlcluster.labels import Channel
from mlcluster.tracking import RunStore

RESULTS = "RESULTS.md"


def report_experiment(
    directory: str | Path, *, project: str | Path | None = None, tracking_uri: str | None = None
) -> dict[str, Any]:
    """Compare the arms of an experiment by its finished runs, and write ``RESULTS.md`` and ``plots/``.

    Returns
    -------
    ``{"file", "answer": [sentence], "tables": [{"split", "channel", "unit", "score", "arms", "differences"}]}``.

    Raises
    ------
    InputError
        If no run has finished.
    DataError
        If runs differ in data or held-out rows.
    ConfigError
        For a wrong ``experiment.yaml``, or one in which something decides that the runs do not have.
    """
    experiment, store = read_experiment(directory), RunStore(project, tracking_uri)
    progress = progress_of(experiment, store, of_any_data=True)
    if not any(each.state == "finished" for each in progress):
        raise InputError("no run of this experiment has finished.", file=experiment.directory, hint="Run it first.")
    judged = read_held_out(progress, store)
    deciding = _deciding(experiment, judged)
    tables = [compared(experiment, each) for each in [*deciding, *(each for each in judged if each not in deciding)]]
    plots: dict[str, str] = {}
    for place, (each, table) in enumerate(zip(deciding, tables, strict=False), start=1):
        plots |= draw(experiment, each, table, "" if len(deciding) == 1 else f"_{place}")
    answer = [sentence for table in tables[: len(deciding)] for sentence in _answer(table)]
    path = experiment.directory / RESULTS
    path.write_text(results_document(experiment, progress, answer, tables, plots), encoding="utf-8")
    return {"file": str(path), "answer": answer, "tables": [_plain(table) for table in tables]}


def _deciding(experiment: Experiment, judged: list[Judged]) -> list[Judged]:
    """Whatever the experiment is decided by: one split, or each that its runs have."""
    decides = experiment.question.decides
    fitting = [each for each in judged if each.channel == decides.channel and decides.split in (None, each.split)]
    if fitting:
        return fitting
    raise ConfigError(
        "the runs do not have what decides.",
        file=experiment.directory / FILE,
        site="decides",
        found=f"{decides.channel} on {decides.split or 'any split'}",
        expected="one of " + "; ".join(f"{each.channel} on {each.split}" for each in judged),
    )


def compared(experiment: Experiment, judged: Judged) -> dict[str, Any]:
    """Scores of every arm and baseline of one channel and split, and paired differences of arms."""
    name = experiment.question.decides.score
    wanted = experiment.question.baselines
    baselines = [base for base in judged.baselines.values() if wanted is None or base.predictor in wanted]
    arms = [arm.name for arm in experiment.arms if arm.name in judged.arms]
    sign = 1.0 if LOWER_IS_BETTER[name] else -1.0
    shown = [*arms, *(base.name for base in baselines)]
    scores = {each: estimate(name, list(judged.of(each).values())) for each in shown}

    def best_of(names: Sequence[str]) -> str:
        return min(names, key=lambda arm: sign * scores[arm].value)

    references = [(arm.name, experiment.reference_of(arm).name) for arm in experiment.arms]
    pairs = [(arm, other) for arm, other in references if arm != other and arm in arms and other in arms]
    pairs += [(best_of(base.arms), base.name) for base in baselines]
    channel = Channel.parse(judged.channel)
    return {
        "split": judged.split,
        "channel": judged.channel,
        "unit": channel.definition.unit,
        "score": name,
        "best": best_of(arms),
        "arms": [_arm_row(judged, each, each in arms, scores[each]) for each in shown],
        "differences": [_pair_row(judged, name, *pair) for pair in pairs],
        "scores": scores,
    }


def _arm_row(judged: Judged, name: str, is_arm: bool, known: Estimate) -> dict[str, Any]:
    by_seed = judged.of(name)
    scores = [rows.scores() for rows in by_seed.values()]
    mean = {key: sum(score[key] for score in scores) / len(scores) for key in scores[0]}
    return {
        "name": name,
        "kind": "arm" if is_arm else "baseline",
        **mean,
        "estimate": known,
        "seeds": sorted(by_seed),
        "n": int(mean["n"]),
    }


def _pair_row(judged: Judged, score: str, name: str, reference: str) -> dict[str, Any]:
    one, other = judged.paired(name, reference)
    if not one:
        return {"arm": name, "reference": reference, "seeds": 0}
    wins, families = family_wins(one, other)
    difference = paired_difference(score, one, other)
    return {
        "arm": name,
        "reference": reference,
        "seeds": len(one),
        "difference": difference,
        "resolved": difference.resolved,
        "families_won": wins,
        "families": families,
    }


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table in plain values, for JSON."""

    def row(content: Mapping[str, Any]) -> dict[str, Any]:
        return {key: asdict(value) if isinstance(value, Estimate) else value for key, value in content.items()}

    rows = {key: [row(each) for each in table[key]] for key in ("arms", "differences")}
    return {**{key: value for key, value in table.items() if key != "scores"}, **rows}


def _answer(table: Mapping[str, Any]) -> list[str]:
    """What the deciding score says, in sentences."""
    score, unit = table["score"], table["unit"]
    lower = LOWER_IS_BETTER[score]
    best = table["scores"][table["best"]]
    value = _number(best.value, score, unit)
    sentences = [f"Best arm by {score} of {table['channel']} on {table['split']}: {table['best']}, {value}."]
    for row in table["differences"]:
        if not row["seeds"]:
            sentences.append(f"{row['arm']} and {row['reference']} have no seed in common.")
            continue
        known = row["difference"]
        better = (known.value < 0) == lower
        verdict = ("better" if better else "worse") if row["resolved"] else "not told apart"
        value, lower_end, upper_end = (number(x, signed=True) for x in (known.value, known.lower, known.upper))
        range_ = f"{value} ({lower_end} to {upper_end})"
        sentences.append(
            f"{row['arm']} against {row['reference']}: {verdict}; difference in {score} {range_}, "
            f"smaller error in {row['families_won']} of {row['families']} families."
        )
    return sentences


def _number(value: float, score: str, unit: str) -> str:
    return f"{number(value)} {unit}" if score in ("mae", "rmse", "mae_over_families") else number(value)
