"""Outcomes of parts come back in any order and become rows on disk, repeated ones included."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from mlcluster.graph.reading import renamed
from mlcluster.prediction.screening.parts import Item, Part, Place
from mlcluster.prediction.screening.screen_table import Parts, prediction_schema, structure_row
from mlcluster.prediction.screening.work import Outcome

Rows = tuple[list[dict[str, Any]], list[dict[str, Any]]]
"""Rows of predictions and of structures."""

_TAGS = ("family", "parent", "edits")


class Gatherer:
    """Writes parts as soon as all they need is there.

    Parameters
    ----------
    parts
        Where to write.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._written: set[int] = set()
        self._waiting: dict[int, tuple[Part, list[Outcome]]] = {}
        # A part and its rows: repeats mostly follow each other.
        self._rows_of = lru_cache(maxsize=4)(parts.rows)

    def reuse(self, part: Part) -> tuple[int, int] | None:
        """Predicted and failed inputs of a part that an earlier call wrote, None if it has to be computed."""
        counts = self.parts.counts(part.number, part.key)
        if counts is not None:
            self._written.add(part.number)
        return counts

    def add(self, part: Part, outcomes: list[Outcome]) -> Iterator[tuple[Part, tuple[int, int]]]:
        """Take the outcomes of a part's own items; write what can be written and yield each part with its counts."""
        self._waiting[part.number] = (part, outcomes)
        yield from self.flush()

    def flush(self) -> Iterator[tuple[Part, tuple[int, int]]]:
        """Write what can be written by now and yield each part with its counts."""
        # Parts wait only for earlier ones, so one pass in their order writes all that can be written.
        for number in sorted(self._waiting):
            ready, found = self._waiting[number]
            if ready.needs <= self._written:
                del self._waiting[number]
                counts = self.parts.write(ready.number, ready.key, *self._rows(ready, found))
                self._written.add(number)
                yield ready, counts

    def _rows(self, part: Part, outcomes: list[Outcome]) -> Rows:
        own = dict(zip(part.own, outcomes, strict=True))
        predictions: list[dict[str, Any]] = []
        structures: list[dict[str, Any]] = []
        for k, (item, place) in enumerate(zip(part.items, part.places, strict=True)):
            number = part.start + k
            if k in own:
                rows = _rows_of_outcome(item, number, own[k])
            else:
                source = (predictions, structures) if place.part == part.number else self._rows_of(place.part)
                rows = _repeated(source, place, item, number)
            predictions += rows[0]
            structures += rows[1]
        return predictions, structures


def _rows_of_outcome(item: Item, number: int, outcome: Outcome) -> Rows:
    same: dict[str, Any] = dict.fromkeys(prediction_schema().names) | {"input": number, "content": item.content}
    same |= {key: getattr(item, key) or None for key in ("id", "file", *_TAGS)}
    predictions: list[dict[str, Any]] = [] if outcome.error is None else [same | {"error": outcome.error}]
    structures: list[dict[str, Any]] = []
    for screened in outcome.clusters:
        cluster = screened.cluster
        facts: dict[str, Any] = {"n_atoms": len(cluster), "charge": cluster.charge}
        facts["multiplicity"] = cluster.multiplicity
        own = {"family": screened.family, "parent": cluster.source.parent, "edits": cluster.source.edits}
        facts |= {key: same[key] or own[key] for key in _TAGS}
        structures.append(structure_row(number, cluster, same | facts))
        for prediction in screened.predictions:
            known = {key: value for key, value in prediction.items() if key in same}
            predictions.append(same | known | facts | {"file": item.file})
    return predictions, structures


def _repeated(source: Rows, place: Place, item: Item, number: int) -> Rows:
    """Rows of an input for another of the same content: what was computed stays, what it is called changes."""
    tags = {key: getattr(item, key) for key in _TAGS if getattr(item, key)}
    own = {"input": number, "id": item.id, "file": item.file} | tags
    predictions = []
    for row in source[0]:
        if row["input"] == place.number:
            error = row["error"] and row["error"].replace(row["file"], item.file)
            name = row["cluster"] and renamed(row["cluster"], place.name, item.name)
            predictions.append(row | own | {"error": error, "cluster": name})
    structures = []
    for row in source[1]:
        if row["input"] == place.number:
            named = {"entry": item.id, "name": renamed(row["name"], place.name, item.name), "path": item.file}
            structures.append(row | {"input": number} | tags | named)
    return predictions, structures
