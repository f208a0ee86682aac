"""The stages that jobs are made of: which process is for each, how long it may take, and the function that does it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Short work, which a process of its own always waits for, and work that takes its time."""

    short = "short"
    long = "long"


@dataclass(frozen=True)
class Stage:
    """One kind of work.

    Parameters
    ----------
    function
        Module below ``mlcluster.web`` and function, which a child process imports when it is asked for.
    lane
        What kind of process it is for.
    limit
        The field of `mlcluster.web.limits.Limits` that ends it.
    goes_on
        Whether it goes on where it stood, so that it is tried again when it has cost its process.
    """

    function: str
    lane: Lane = Lane.short
    limit: str = "short_seconds"
    goes_on: bool = False


def _long(function: str) -> Stage:
    return Stage(function, Lane.long, "long_seconds")


def _screen(function: str) -> Stage:
    return Stage(function, Lane.long, "screen_seconds", goes_on=True)


STAGES = {
    "warm": Stage("page_work.warm", limit="long_seconds"),
    "inspect": Stage("verb_work.inspect"),
    "known": Stage("verb_work.known"),
    "formula": Stage("verb_work.formula"),
    "fit": Stage("verb_work.fit"),
    "esi": Stage("verb_work.esi"),
    "rates": Stage("verb_work.rates"),
    "runs": Stage("verb_work.runs"),
    "quick predict": Stage("verb_work.predict"),
    "quick compare": Stage("verb_work.compare"),
    "predict": _long("verb_work.predict"),
    "compare": _long("verb_work.compare"),
    "screen": _screen("verb_work.screen"),
    "structure": Stage("page_work.structure"),
    "calculation": _long("page_work.calculation"),
    "comparison": Stage("page_work.comparison"),
    "calculated comparison": _long("page_work.calculated_comparison"),
    "formula page": Stage("page_work.formula"),
    "bench page": Stage("page_work.bench"),
    "screen page": _screen("page_work.screen"),
    "runs page": Stage("page_work.runs"),
}
"""By name; of several stages of one job the later ones see what the earlier ones left in its folder."""
