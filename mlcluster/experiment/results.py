"""The text of RESULTS.md: what was asked, what came out, and how to repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mlcluster.experiment.progress import Progress, core_hours
from mlcluster.experiment.question import Experiment
from mlcluster.experiment.statistics import SAMPLES, Estimate
from mlcluster.experiment.units import DATA


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
        As `mlcluster.experiment.report.compared` makes them, the deciding one first.
    plots
        Paths by what they show.
    """
    question = experiment.question
    parts = [f"# {experiment.name}", f"**{question.question}**", *_paragraphs(answer)]
    if question.notes:
        parts.append(question.notes.strip())
    parts.append(
        "Written by `mlcluster experiment report` from tracked runs. Differences are paired: same rows, same seeds. "
        f"Intervals are 90 % percentile intervals of a bootstrap of {SAMPLES:,} samples over whole families, not rows; "
        "with few families they are rough. Spreads are standard deviations, over seeds of the score of all rows, and "
        "over folds of the score of each (mean over seeds). The arm compared with a baseline is the best by these very "
        "rows of those with the same data, which flatters it a little."
    )
    for table in tables:
        parts += _table_part(table)
    parts += [f"## Plots\n\n{_images(plots)}", *_runs_part(experiment, progress), _repeat_part(experiment)]
    return "\n\n".join(parts) + "\n"


def _paragraphs(answer: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {sentence}" for sentence in answer)]


def _table_part(table: Mapping[str, Any]) -> Iterator[str]:
    unit, score = table["unit"], table["score"]
    yield f"## {table['channel']}, {table['split']}"
    others = [key for key in ("mae", "mae_over_families", "rmse", "r2", "spearman") if key != score]
    head = ["arm", f"{score} (decides)", "90 % over families", "SD seeds", "SD folds", *others]
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
        head = ["arm", "against", f"difference in {score}", "90 % over families", "verdict", "families won", "seeds"]
        yield _markdown(head, [_pair_cells(row) for row in pairs])


def _pair_cells(row: Mapping[str, Any]) -> list[str]:
    known: Estimate = row["difference"]
    verdict = "resolved" if row["resolved"] else "not resolved"
    ends = f"{number(known.lower, signed=True)} to {number(known.upper, signed=True)}"
    won = f"{row['families_won']} of {row['families']}"
    return [row["arm"], row["reference"], number(known.value, signed=True), ends, verdict, won, str(row["seeds"])]


def _images(plots: Mapping[str, str]) -> str:
    return "\n\n".join(f"{what}:\n\n![{what}]({path})" for what, path in plots.items())


def _runs_part(experiment: Experiment, progress: Sequence[Progress]) -> Iterator[str]:
    finished = [each for each in progress if each.state == "finished"]
    rows = []
    for each in finished:
        assert each.run is not None
        tags = each.run.tags
        commit = tags.get("mlcluster.git.commit", "-")[:10]
        if tags.get("mlcluster.git.changed") == "yes":
            commit += " with changes"
        hours = f"{each.core_seconds / 3600:.3f}"
        cells = [each.unit.arm.name, str(each.unit.seed), f"`{each.run.id}`", _day(each.run.ended), hours]
        rows.append([*cells, tags.get(DATA, "-")[:12], commit])
    yield "## Runs"
    yield _markdown(["arm", "seed", "run", "ended (UTC)", "core-hours", "data", "commit"], rows)
    spent = f"{core_hours(progress):.3f} of {experiment.question.core_hours} core-hours spent."
    missing = [f"{each.unit.name} ({each.state})" for each in progress if each.state != "finished"]
    cut = f" Without a finished run: {'; '.join(missing)}." if missing else ""
    yield f"{spent}{cut} Data hashes are of entries, structures and labels; arms have the same held-out rows."


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
