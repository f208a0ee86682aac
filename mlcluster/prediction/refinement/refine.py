"""`refine`: rounds of calculations within what was granted, and the rows that come of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError
from mlcluster.labels.methods import Channel
from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.prediction.calculated import LevelChoice
from mlcluster.prediction.criteria import Criterion, parse_criteria
from mlcluster.prediction.refinement.candidates import CALCULATION, Candidates, candidates_of, wanted_channels
from mlcluster.prediction.refinement.choosing import next_round, round_size
from mlcluster.prediction.refinement.learned import leading_channels, learn, rankings
from mlcluster.prediction.refinement.ledger import Ledger
from mlcluster.prediction.refinement.written import write_refined
from mlcluster.prediction.screening.parts import Item
from mlcluster.prediction.screening.readers import Readers
from mlcluster.prediction.screening.work import Job, Outcome, run_job
from mlcluster.runs import ProcessDied

_UNITS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a refinement may spend, counted over all calls with the same criteria.

    Parameters
    ----------
    want
        Criteria, as `mlcluster.rank` takes them.
    calculations
        Inputs that may be calculated.
    seconds
        Time by the clock; no calculation is begun after it.
    max_seconds
        Largest estimate of one calculation that is made.
    """

    want: tuple[str, ...]
    calculations: int | None
    seconds: float | None
    max_seconds: float | None = None

    @classmethod
    def of(
        cls, want: Sequence[str] | str, calculations: int | None, budget: float | str | None, max_seconds: float | None
    ) -> Grant | None:
        """What a caller says; None where nothing is to be refined.

        Raises
        ------
        ConfigError
            If nothing is looked for, a number is not positive, or a time cannot be understood.
        """
        if calculations is None and budget is None:
            if want:
                raise ConfigError("criteria choose what is calculated.", found="want", expected="also refine or budget")
            return None
        if calculations is not None and calculations < 1:
            raise ConfigError("a refinement needs calculations.", found=calculations, expected="1 or more")
        texts = [want] if isinstance(want, str) else list(want)
        criteria = tuple(str(criterion) for criterion in parse_criteria(texts))
        seconds = None if budget is None else seconds_of(budget)
        return cls(want=criteria, calculations=calculations, seconds=seconds, max_seconds=max_seconds)


def seconds_of(duration: float | str) -> float:
    """Seconds of a number or of text such as ``"2h"``, ``"30min"``, ``"1.5 h"``.

    Raises
    ------
    ConfigError
        If it is no positive time.

    Examples
    --------
    >>> seconds_of("2h"), seconds_of("30 min"), seconds_of(45)
    (7200.0, 1800.0, 45.0)
    """
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(s|min|m|h|d|)\s*", str(duration))
    if found is None or not float(found[1]) > 0:
        raise ConfigError("this is no time.", found=duration, expected="for instance 2h, 30min or 90s")
    return float(found[1]) * _UNITS[found[2]]


@dataclass
class Refining:
    """How far a refinement is; `total` is None where only its time is limited."""

    total: int | None
    calculated: int = 0
    refused: int = 0
    round: int = 0


OnRefining = Callable[[Refining], None]


def refine(
    directory: Path,
    items: Callable[[], Iterable[Item]],
    job: Job,
    workers: Readers,
    grant: Grant,
    on_progress: OnRefining | None = None,
) -> dict[str, Any]:
    """Calculate the candidates of a finished screen that are worth it, and write what this tells of all of them.

    Parameters
    ----------
    directory
        Of the screen.
    items
        Gives the items of the screen in their order, each time anew.
    job
        How items are predicted; its level is replaced.
    workers
        Who calculates.
    grant
        What for, and how much.
    on_progress
        Called after each calculation.

    Returns
    -------
    dict[str, Any]
        ``{calculated, refused, rounds, estimated, seconds, channel, error, error_unit}``: inputs calculated and refused
        for these criteria, clusters whose rows are estimates, and the mean absolute error, in model space, of the
        estimates that were made of candidates before they were calculated.

    Raises
    ------
    ConfigError
        If no calculation tells what is looked for, or inputs have changed meanwhile.
    """
    criteria = parse_criteria(grant.want)
    channels = wanted_channels(criteria)
    candidates = candidates_of(directory, criteria)
    ledger = Ledger(directory, grant.want, bundled_calculation_model().hash[:12])
    asked = replace(job, level=LevelChoice.of("calculation", grant.max_seconds))
    reached = Refining(total=grant.calculations)
    while True:
        picks = ledger.outstanding()
        if not picks and not _spent(grant, ledger):
            picks = _new_round(criteria, channels, candidates, ledger)
        left = None if grant.calculations is None else max(grant.calculations - ledger.own, 0)
        if not picks[:left] or _spent(grant, ledger):
            break
        numbers = {candidates.inputs[candidates.place[content, 0]]: content for content in picks[:left]}
        for content, outcome in _calculated(items(), numbers, asked, workers, lambda: _spent(grant, ledger)):
            ledger.add(content, *_told(outcome))
            reached.calculated, reached.round = ledger.own, len(ledger.rounds)
            reached.refused = ledger.refused
            if on_progress is not None:
                on_progress(reached)
    return _written(directory, channels, candidates, ledger)


def _spent(grant: Grant, ledger: Ledger) -> bool:
    return (grant.calculations is not None and ledger.own >= grant.calculations) or (
        grant.seconds is not None and ledger.seconds >= grant.seconds
    )


def _new_round(
    criteria: Sequence[Criterion], channels: Sequence[Sequence[str]], candidates: Candidates, ledger: Ledger
) -> list[str]:
    """Contents to calculate next, written down; none when all are calculated."""
    leading = leading_channels(channels, ledger)
    learned = [learn(channel, candidates, ledger) for channel in leading]
    taken = [number for number, (content, _) in enumerate(candidates.keys) if content in ledger.calculated]
    numbers = next_round(rankings(criteria, candidates, learned), taken, round_size(len(ledger.calculated)))
    picks = list(dict.fromkeys(candidates.keys[number][0] for number in numbers))
    places = {content: candidates.place[content, 0] for content in picks}
    told = {channel: each.estimate for channel, each in zip(leading, learned, strict=True) if channel and each}
    expected = {
        content: {key: [float(one.mean[number]), float(one.spread[number])] for key, one in told.items()}
        for content, number in places.items()
    }
    if picks:
        ledger.start_round(picks, expected)
    return picks


def _calculated(
    items: Iterable[Item], numbers: dict[int, str], job: Job, workers: Readers, spent: Callable[[], bool]
) -> Iterator[tuple[str, Outcome]]:
    """Content and outcome of the inputs of these numbers, as they come; none is begun when all is spent."""
    given: list[str] = []

    def jobs() -> Iterator[Job]:
        last = max(numbers)
        for number, item in enumerate(items):
            if number in numbers:
                if item.content != numbers[number]:
                    raise ConfigError("an input has changed meanwhile.", file=item.file, hint="Run the screen again.")
                if spent():
                    return
                given.append(item.content)
                yield replace(job, items=(item,))
            if number == last:
                return

    for index, result in workers(run_job, jobs()):
        died = isinstance(result, ProcessDied)
        yield given[index], Outcome(error="the process of this calculation died") if died else result[0]  # type: ignore[index]


def _told(outcome: Outcome) -> tuple[list[list[dict[str, Any]]], str]:
    """Calculated rows of each cluster, and the reasons why there are none."""
    clusters, reasons = [], [outcome.error] if outcome.error else []
    for each in outcome.clusters:
        clusters.append([row for row in each.predictions if row["basis"] == CALCULATION])
        reasons += [row["not_calculated"] for row in each.predictions if row.get("not_calculated")]
    return clusters, "; ".join(dict.fromkeys(reasons))


def _written(
    directory: Path, channels: Sequence[Sequence[str]], candidates: Candidates, ledger: Ledger
) -> dict[str, Any]:
    """Write the rows, and say what was reached."""
    leading = [channel for channel in leading_channels(channels, ledger) if channel is not None]
    ordered = dict.fromkeys([*leading, *(channel for own in channels for channel in own)])
    learned = {channel: each for channel in ordered if (each := learn(channel, candidates, ledger)) is not None}
    first = learned.get(leading[0]) if leading else None
    return {
        "calculated": ledger.own,
        "refused": ledger.refused,
        "rounds": len(ledger.rounds),
        "estimated": write_refined(directory, candidates, ledger, learned),
        "seconds": round(ledger.seconds, 2),
        "channel": leading[0] if leading else None,
        "error": None if first is None or first.error is None else round(first.error, 5),
        "error_unit": Channel.parse(leading[0]).definition.transform.model_unit if leading else None,
    }
