"""What was picked and what was calculated, kept as it comes, so that the next call goes on where this one ended."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.prediction.screening.screen_record import REFINEMENT
from mlcluster.runs import Journal

Key = tuple[str, int]
"""Content of an input and place of a cluster within it."""


class Ledger:
    """Rounds and calculations of one directory, for one set of criteria and one model of the calculation level.

    Calculations made for other criteria are known as well, but not counted; those of another model are not known.

    Parameters
    ----------
    directory
        Of the screen.
    want
        Criteria, as text.
    model
        Hash of the model of the calculation level.
    """

    def __init__(self, directory: Path, want: Sequence[str], model: str) -> None:
        self._journal = Journal(directory / REFINEMENT)
        self._facts = {"want": list(want), "model": model}
        self._call, self._started = uuid.uuid4().hex[:8], time.monotonic()
        self.calculated: dict[str, dict[str, Any]] = {}
        """Line of every calculation by content."""
        self.rounds: list[dict[str, Any]] = []
        """Lines of the rounds: ``picks`` with what was ``expected`` of each."""
        self._earlier: dict[str, float] = {}
        self.own = 0
        """Calculations for these criteria."""
        for line in self._journal.rows():
            if line["model"] == model:
                self._take(line)

    @property
    def seconds(self) -> float:
        """Time spent by the clock on these criteria, by earlier calls and this one."""
        return sum(self._earlier.values()) + self.elapsed

    @property
    def elapsed(self) -> float:
        """Time by the clock since this call began."""
        return time.monotonic() - self._started

    def start_round(self, picks: Sequence[str], expected: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        """Write down what is to be calculated, before it is, and mean and spread expected of each by channel."""
        self._write({"round": len(self.rounds), "picks": list(picks), "expected": dict(expected)})

    def add(self, content: str, clusters: Sequence[Sequence[Mapping[str, Any]]], reason: str) -> None:
        """Write down a finished calculation: rows of each cluster of an input, and why some are missing."""
        kept = [[dict(row) for row in rows] for rows in clusters]
        self._write({"content": content, "clusters": kept, "reason": reason})

    def outstanding(self) -> list[str]:
        """Contents of the round under way that are not calculated."""
        return [each for each in self.rounds[-1]["picks"] if each not in self.calculated] if self.rounds else []

    def rows(self, key: Key) -> list[dict[str, Any]]:
        """Rows that the calculation of a cluster gave; none where it was not made or was refused."""
        clusters = self.calculated.get(key[0], {}).get("clusters", [])
        return clusters[key[1]] if key[1] < len(clusters) else []

    @property
    def refused(self) -> int:
        """Calculations for these criteria that gave nothing."""
        want = self._facts["want"]
        return sum(line["want"] == want and not any(line["clusters"]) for line in self.calculated.values())

    def _write(self, line: Mapping[str, Any]) -> None:
        whole = {**line, **self._facts, "call": self._call, "elapsed": round(self.elapsed, 3)}
        self._journal.append(whole)
        self._take(whole)

    def _take(self, line: dict[str, Any]) -> None:
        mine = line["want"] == self._facts["want"]
        if mine and line["call"] != self._call:
            self._earlier[line["call"]] = line["elapsed"]
        if "content" in line:
            self.own += mine
            self.calculated[line["content"]] = line
        elif mine:
            self.rounds.append(line)
