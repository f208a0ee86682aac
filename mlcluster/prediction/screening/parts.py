"""Items in their order are cut into parts, each computed, written and trusted as a whole.

An item is one structure as bytes that nobody has parsed yet. Parsing is the work of the readers, which may be other
machines: an item carries all they need, so that they share no file system with the one who asks.

Where a part begins and ends follows from the items alone, never from what was finished when, so that an interrupted
screen is cut in the same way again. What was seen before is not computed twice: it refers to the place it came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from mlcluster.data.frames import comment_pairs
from mlcluster.runs import content_hash

NAMES = ("name", "label", "id", "entry", "config_type")
"""Keys of a frame that say what it is called."""

_TAGS = (*NAMES, "parent", "edits", "family", "source")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One structure as it is handed to a reader.

    Parameters
    ----------
    id, file
        What to call it, and where it comes from.
    data
        Bytes of a structure file, compressed or not, or one frame of extended XYZ.
    frame
        Number of the frame in a longer file, None for a file of its own.
    whole
        True if its atoms are one cluster as they stand: nothing is cut, separated or dropped.
    charge, multiplicity
        Stated outside the file; None where the file decides.
    name
        What the name of its clusters begins with.
    parent, edits, family
        Where it was derived from, as its set says; empty where it does not.
    error
        Why there is nothing to read.
    """

    id: str
    file: str
    data: bytes = b""
    frame: int | None = None
    whole: bool = False
    charge: int | None = None
    multiplicity: int | None = None
    name: str = ""
    parent: str = ""
    edits: str = ""
    family: str = ""
    error: str | None = None

    @cached_property
    def content(self) -> str:
        """SHA-256 of all that decides its prediction: what it is called does not."""
        facts = (self.frame is None, self.whole, self.charge, self.multiplicity, self.error)
        if self.frame is None and not self.whole:
            return content_hash(repr((*facts, "".join(Path(self.file).suffixes[-2:]).lower())).encode(), self.data)
        pairs = comment_pairs(comment_of(self.data))
        stated = sorted((key, value) for key, value in pairs.items() if key not in _TAGS)
        return content_hash(repr((*facts, stated)).encode(), *self.data.split(b"\n", 2)[::2])


def comment_of(frame: bytes) -> str:
    """Second line of a frame of extended XYZ."""
    return frame.split(b"\n", 2)[1].decode("utf-8", "replace") if b"\n" in frame else ""


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
        keys.append(content_hash(facts))
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
