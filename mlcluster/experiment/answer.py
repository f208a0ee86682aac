"""``experiment report``: RESULTS.md from the runs in the record, what was asked and what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, InputError
from mlcluster.experiment.experiment_plots import draw
from mlcluster.experiment.judged_rows import Judged, read_held_out
from mlcluster.experiment.planned_runs import DATA, Progress, core_hours, progress_of
from mlcluster.experiment.pruning import pruned_sentences
from mlcluster.experiment.question import FILE, LOWER_IS_BETTER, Experiment, read_experiment
from mlcluster.experiment.selection import chosen_alone, chosen_sentences
from mlcluster.experiment.statistics import SAMPLES, Estimate, estimate, family_wins, paired_difference
from mlcluster.labels import Channel
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import VALIDATION

RESULTS = "RESULTS.md"


def report_experiment(
    directory: str | Path, *, project: str | Path | None = None, tracking_uri: str | None = None
) -> dict[str, Any]:
    """Compare the models of an experiment by its finished runs, and write ``RESULTS.md`` and ``plots/``.

    Returns
    -------
    dict[str, Any]
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
    judged = read_held_out(progress, store, validation=(selects := experiment.question.selects))
    deciding = _deciding(experiment, judged)
    judged = chosen_alone(experiment, judged, deciding) if selects else judged
    tables = [compared(experiment, each) for each in [*deciding, *(each for each in judged if each not in deciding)]]
    plots: dict[str, str] = {}
    for place, (each, table) in enumerate(zip(deciding, tables, strict=False), start=1):
        plots |= draw(experiment, each, table, "" if len(deciding) == 1 else f"_{place}")
    answer = [sentence for table in tables[: len(deciding)] for sentence in _answer(table)]
    answer += chosen_sentences(tables, len(deciding)) if selects else ()
    path = experiment.directory / RESULTS
    path.write_text(results_document(experiment, progress, answer, tables, plots), encoding="utf-8")
    return {"file": str(path), "answer": answer, "tables": [_plain(table) for table in tables]}


def _deciding(experiment: Experiment, judged: list[Judged]) -> list[Judged]:
    """Whatever the experiment is decided by: one split, or each that its runs have."""
    decides = experiment.question.decides
    wanted = VALIDATION if experiment.question.selects else decides.split
    fitting = [each for each in judged if each.channel == decides.channel and wanted in (None, each.split)]
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
    """Scores of every model and baseline of one channel and split, and paired differences of models."""
    name = experiment.question.decides.score
    wanted = experiment.question.baselines
    baselines = [base for base in judged.baselines.values() if wanted is None or base.predictor in wanted]
    arms = [arm.name for arm in experiment.arms if arm.name in judged.arms]
    sign = 1.0 if LOWER_IS_BETTER[name] else -1.0
    shown = [*arms, *(base.name for base in baselines)]
    scores = {each: estimate(name, list(judged.of(each).values())) for each in shown}

    def best_of(names: Sequence[str]) -> str:
        return min(names, key=lambda arm: sign * scores[arm].value)

    tried = () if experiment.question.search is not None else experiment.arms  # no trial stands for the others
    references = [(arm.name, experiment.reference_of(arm).name) for arm in tried]
    pairs = [(arm, other) for arm, other in references if arm != other and arm in arms and other in arms]
    pairs += [(best_of(base.arms), base.name) for base in baselines]
    return {
        "split": judged.split,
        "channel": judged.channel,
        "unit": Channel.parse(judged.channel).definition.unit,
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
    sentences = [f"Best model by {score} of {table['channel']} on {table['split']}: {table['best']}, {value}."]
    for row in table["differences"]:
        if not row["seeds"]:
            sentences.append(f"{row['arm']} and {row['reference']} have no seed in common.")
            continue
        known = row["difference"]
        better = (known.value < 0) == lower
        verdict = ("better" if better else "worse") if row["resolved"] else "not resolved"
        value, lower_end, upper_end = (number(x, signed=True) for x in (known.value, known.lower, known.upper))
        range_ = f"{value} ({lower_end} to {upper_end})"
        sentences.append(
            f"{row['arm']} against {row['reference']}: {verdict}; difference in {score} {range_}, "
            f"smaller error in {row['families_won']} of {row['families']} families."
        )
    return sentences


def _number(value: float, score: str, unit: str) -> str:
    return f"{number(value)} {unit}" if score in ("mae", "rmse", "mae_over_families") else number(value)


def results_document(
    experiment: Experiment,
    progress: Sequence[Progress],
    answer: Sequence[str],
    tables: Sequence[Mapping[str, Any]],
    plots: Mapping[str, str],
) -> str:
    """Markdown with everything a reader needs to trust or repeat the result.

    Parameters
    ----------
    experiment
        What was asked.
    progress
        Its runs.
    answer
        Sentences on the deciding score.
    tables
        As `mlcluster.experiment.answer.compared` makes them, the deciding one first.
    plots
        Paths by what they show.
    """
    question = experiment.question
    listed = "\n".join(f"- {sentence}" for sentence in answer)
    parts = [f"# {experiment.name}", f"**{question.question}**", listed]
    if question.notes:
        parts.append(question.notes.strip())
    parts.append(
        "Written by `mlcluster experiment report` from tracked runs. Differences are paired: same rows, same seeds. "
        f"Intervals are 90 % percentile intervals of a bootstrap of {SAMPLES:,} samples over whole families, not rows; "
        "with few families they are rough. Spreads are standard deviations, over seeds of the score of all rows, and "
        "over folds of the score of each (mean over seeds). The model compared with a baseline is the best by these "
        "very rows of those with the same data, which flatters it a little."
    )
    for table in tables:
        parts += _table_part(table)
    drawn = "\n\n".join(f"{what}:\n\n![{what}]({path})" for what, path in plots.items())
    parts += [f"## Plots\n\n{drawn}", *_runs_part(experiment, progress), _repeat_part(experiment)]
    return "\n\n".join(parts) + "\n"


def _table_part(table: Mapping[str, Any]) -> Iterator[str]:
    unit, score = table["unit"], table["score"]
    yield f"## {table['channel']}, {table['split']}"
    others = [key for key in ("mae", "mae_over_families", "rmse", "r2", "spearman") if key != score]
    head = ["model", f"{score} (decides)", "90 % over families", "SD seeds", "SD folds", *others]
    head += ["coverage of 90 % (95 % interval)", "coverage over families", "width", "rows", "families", "seeds"]
    rows = []
    for row in table["arms"]:
        known: Estimate = row["estimate"]
        name = f"**{row['name']}**" if row["kind"] == "arm" else f"{row['name']} (baseline)"
        cells = [name, _text(known.value), f"{_text(known.lower)} to {_text(known.upper)}", _text(known.seed_sd)]
        cells += [_text(known.fold_sd), *(_text(row[key]) for key in others)]
        cells += [_share(row, "coverage"), _share(row, "coverage_over_families")]
        cells += [_text(row.get("width")), str(row["n"]), str(known.families)]
        rows.append([*cells, ", ".join(map(str, row["seeds"]))])
    yield f"Errors and widths in {unit}.\n\n" + _markdown(head, rows)
    pairs = [row for row in table["differences"] if row["seeds"]]
    if pairs:
        head = ["model", "against", f"difference in {score}", "90 % over families", "verdict", "families won", "seeds"]
        yield _markdown(head, [_pair_cells(row) for row in pairs])


def _pair_cells(row: Mapping[str, Any]) -> list[str]:
    known: Estimate = row["difference"]
    verdict = "resolved" if row["resolved"] else "not resolved"
    ends = f"{number(known.lower, signed=True)} to {number(known.upper, signed=True)}"
    won = f"{row['families_won']} of {row['families']}"
    return [row["arm"], row["reference"], number(known.value, signed=True), ends, verdict, won, str(row["seeds"])]


def _runs_part(experiment: Experiment, progress: Sequence[Progress]) -> Iterator[str]:
    finished = [each for each in progress if each.state == "finished"]
    rows = []
    for each in finished:
        assert each.run is not None
        tags = each.run.tags
        changed = " with changes" if tags.get("mlcluster.git.changed") == "yes" else ""
        commit, hours = tags.get("mlcluster.git.commit", "-")[:10] + changed, f"{each.core_seconds / 3600:.3f}"
        cells = [each.unit.arm.name, str(each.unit.seed), f"`{each.run.id}`", _day(each.run.ended), hours]
        rows.append([*cells, tags.get(DATA, "-")[:12], commit])
    yield "## Runs"
    yield _markdown(["model", "seed", "run", "ended (UTC)", "core-hours", "data", "commit"], rows)
    spent = f"{core_hours(progress):.3f} of {experiment.question.core_hours} core-hours spent."
    yield from pruned_sentences(progress)
    missing = [f"{each.unit.name} ({each.state})" for each in progress if not each.is_over]
    cut = f" Without a finished run: {'; '.join(missing)}." if missing else ""
    yield f"{spent}{cut} Data hashes are of entries, structures and labels; models have the same held-out rows."


def _repeat_part(experiment: Experiment) -> str:
    name = f"experiments/{experiment.name}"
    return (
        f"## Repeat\n\n```\nmlcluster experiment run {name}\nmlcluster experiment report {name}\n```\n\n"
        "Finished runs of the same configuration and data are reused; `mlcluster runs show RUN` shows one of them."
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def _text(value: float | None) -> str:
    return "-" if value is None or value != value else number(value)


def _share(row: Mapping[str, Any], name: str) -> str:
    """A share with its interval, which knows that rows of one family go together."""
    ends = (row.get(f"{name}_low"), row.get(f"{name}_high"))
    return _text(row.get(name)) + ("" if None in ends else f" ({_text(ends[0])} to {_text(ends[1])})")


def number(value: float, *, signed: bool = False) -> str:
    """A number with three decimals, or one from ten on; never a negative zero.

    >>> number(0.1234), number(12.34), number(-0.0001, signed=True)
    ('0.123', '12.3', '+0.000')
    """
    digits = 3 if abs(value) < 10 else 1
    return f"{round(value, digits) + 0.0:{'+' if signed else ''}.{digits}f}"


def _day(milliseconds: int | None) -> str:
    return "-" if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")
