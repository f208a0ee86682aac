"""``experiment report``: RESULTS.md and its plots from the runs in the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, InputError
from mlcluster.experiment.held_out import Judged, read_held_out
from mlcluster.experiment.plots import curve_plot, parity_plot, score_plot
from mlcluster.experiment.progress import progress_of
from mlcluster.experiment.question import LOWER_IS_BETTER, Experiment, read_experiment
from mlcluster.experiment.results import results_document
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
        For a wrong ``experiment.yaml``, or one that does not say which of several splits decides.
    """
    experiment, store = read_experiment(directory), RunStore(project, tracking_uri)
    progress = progress_of(experiment, store, of_any_data=True)
    if not any(each.state == "finished" for each in progress):
        raise InputError("no run of this experiment has finished.", file=experiment.directory, hint="Run it first.")
    judged = read_held_out(progress, store)
    deciding = _deciding(experiment, judged)
    tables = [compared(experiment, each) for each in [deciding, *(each for each in judged if each is not deciding)]]
    plots = _draw(experiment, deciding, tables[0])
    answer = _answer(tables[0])
    path = experiment.directory / RESULTS
    path.write_text(results_document(experiment, progress, answer, tables, plots), encoding="utf-8")
    return {"file": str(path), "answer": answer, "tables": [_plain(table) for table in tables]}


def _deciding(experiment: Experiment, judged: list[Judged]) -> Judged:
    decides = experiment.question.decides
    fitting = [each for each in judged if each.channel == decides.channel and decides.split in (None, each.split)]
    if len(fitting) == 1:
        return fitting[0]
    found = "; ".join(f"{each.channel} on {each.split}" for each in judged)
    what = "the runs have not what decides." if not fitting else "several splits could decide."
    stated = f"{decides.channel} on {decides.split or 'a split'}"
    raise ConfigError(what, file=experiment.directory / "experiment.yaml", site="decides", found=found, expected=stated)


def compared(experiment: Experiment, judged: Judged) -> dict[str, Any]:
    """Scores of every arm and baseline of one channel and split, and paired differences of arms."""
    name = experiment.question.decides.score
    wanted = experiment.question.baselines
    baselines = [
        base
        for base in judged.baselines
        if wanted is None or any(base == one or base.startswith(f"{one}, ") for one in wanted)
    ]
    arms = [arm.name for arm in experiment.arms if arm.name in judged.arms]
    sign = 1.0 if LOWER_IS_BETTER[name] else -1.0
    scores = {each: estimate(name, list(judged.of(each).values())) for each in [*arms, *baselines]}
    best = min(arms, key=lambda arm: sign * scores[arm].value)
    pairs = [
        (arm, experiment.reference) for arm in arms if arm != experiment.reference and experiment.reference in arms
    ]
    pairs += [(best, base) for base in baselines]
    channel = Channel.parse(judged.channel)
    return {
        "split": judged.split,
        "channel": judged.channel,
        "unit": channel.definition.unit,
        "score": name,
        "best": best,
        "arms": [_arm_row(judged, each, each in arms, scores[each]) for each in [*arms, *baselines]],
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
        range_ = f"{known.value:+.3f} ({known.lower:+.3f} to {known.upper:+.3f})"
        sentences.append(
            f"{row['arm']} against {row['reference']}: {verdict}; difference in {score} {range_}, "
            f"smaller error in {row['families_won']} of {row['families']} families."
        )
    return sentences


def _number(value: float, score: str, unit: str) -> str:
    return f"{value:.3f} {unit}" if score in ("mae", "rmse", "mae_over_families") else f"{value:.3f}"


def _draw(experiment: Experiment, judged: Judged, table: Mapping[str, Any]) -> dict[str, str]:
    """Plots of the deciding score by what they show; paths relative to the experiment."""
    folder = experiment.directory / "plots"
    folder.mkdir(exist_ok=True)
    unit = f" ({table['unit']})" if table["score"] in ("mae", "rmse", "mae_over_families") else ""
    label = f"{table['score']} of {table['channel']} on {table['split']}{unit}"
    arms = [row["name"] for row in table["arms"] if row["kind"] == "arm"]
    score_plot(table["scores"], arms, label, folder / "scores.png")
    plots = {"Scores of arms and baselines": "plots/scores.png"}
    ranked = sorted(arms, key=lambda arm: table["scores"][arm].value, reverse=not LOWER_IS_BETTER[table["score"]])
    baselines = [row["name"] for row in table["arms"] if row["kind"] == "baseline"]
    shown = [*ranked[:4], *baselines][:6]
    parity_plot({name: next(iter(judged.of(name).values())) for name in shown}, judged.channel, folder / "parity.png")
    plots["Parity on rows held out, first seed"] = "plots/parity.png"
    if curve := _curve(experiment, table):
        key, curves = curve
        flat = {name: table["scores"][name] for name in baselines}
        curve_plot(curves, flat, (key, label), folder / "curve.png")
        plots[f"{table['score']} against {key}"] = "plots/curve.png"
    return plots


def _curve(
    experiment: Experiment, table: Mapping[str, Any]
) -> tuple[str, dict[str, list[tuple[float, Estimate]]]] | None:
    """Points of a learning curve where the grid has one key with several numbers; None elsewhere."""
    varied = [key for key, values in experiment.question.grid.items() if len(values) > 1]
    numeric = [arm for arm in experiment.arms if arm.name in table["scores"]]
    if len(varied) != 1 or any(varied[0] not in arm.numbers for arm in numeric):
        return None
    curves: dict[str, list[tuple[float, Estimate]]] = {}
    for arm in numeric:
        curves.setdefault(arm.group, []).append((arm.numbers[varied[0]], table["scores"][arm.name]))
    return varied[0], {name: sorted(points, key=lambda point: point[0]) for name, points in curves.items()}
