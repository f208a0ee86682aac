"""Items in their order are cut into parts, each computed, written and trusted as a whole.

Where a part begins and ends follows from the items alone, never from what was finished when, so that an interrupted
screen is cut in the same way again. What was seen before is not computed twice: it refers to the place it came first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mlcluster.prediction.screening.item import Item

PART_ITEMS = 64
"""Most items of one part: what a kill can cost each process."""

PART_BYTES = 4_000_000
"""A part is full at about so many bytes of structures, some 60,000 atoms, which bounds the memory of a reader."""


class Place(NamedTuple):
    """Where an item is computed: the part, the number of the input, and what its clusters are called after."""

    part: int
    number: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """Consecutive items.

    Parameters
    ----------
    number, start
        Its number and that of its first item.
    items
        What it holds.
    places
        For each item where it is computed: here, or where the same came first.
    key
        SHA-256 of all that decides the rows of this part.
    """

    number: int
    start: int
    items: tuple[Item, ...]
    places: tuple[Place, ...]
    key: str

    @property
    def own(self) -> list[int]:
        """Which of its items are computed here."""
        return [k for k, place in enumerate(self.places) if place.number == self.start + k]

    @property
    def needs(self) -> set[int]:
        """Numbers of earlier parts whose rows it repeats."""
        return {place.part for place in self.places if place.part != self.number}


def form_parts(items: Iterable[Item], run_key: str, size: int = PART_ITEMS) -> Iterator[Part]:
    """Cut items into parts.

    Parameters
    ----------
    items
        In their order; taken one at a time.
    run_key
        What decides the rows beside the items: model, options, versions.
    size
        Most items of a part.
    """
    # Some 300 bytes an item are kept: the first place of each content.
    first: dict[bytes, Place] = {}
    keys: list[str] = []
    start = 0
    for batch in _batches(items, size):
        number = len(keys)
        places = []
        for k, item in enumerate(batch):
            here = Place(number, start + k, item.name)
            places.append(first.setdefault(bytes.fromhex(item.content)[:16], here))
        needed = sorted({place.part for place in places} - {number})
        facts = [run_key, start, [_facts(item) for item in batch], places, [keys[part] for part in needed]]
        keys.append(hashlib.sha256(json.dumps(facts).encode()).hexdigest())
        yield Part(number=number, start=start, items=tuple(batch), places=tuple(places), key=keys[-1])
        start += len(batch)


def _facts(item: Item) -> list[str | None]:
    return [item.id, item.file, item.name, item.parent, item.edits, item.family, item.content]


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    batch: list[Item] = []
    weight = 0
    for item in items:
        if batch and (len(batch) == size or weight + len(item.data) > PART_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += len(item.data)
    if batch:
        yield batch
