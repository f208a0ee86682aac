"""`Item`: one structure as bytes that nobody has parsed yet.

Parsing is the work of the readers, which may be other machines: an item carries all they need, so that they share no
file system with the one who asks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mlcluster.data.frames import comment_pairs

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
            return _digest(repr((*facts, "".join(Path(self.file).suffixes[-2:]).lower())).encode(), self.data)
        pairs = comment_pairs(comment_of(self.data))
        stated = sorted((key, value) for key, value in pairs.items() if key not in _TAGS)
        return _digest(repr((*facts, stated)).encode(), *self.data.split(b"\n", 2)[::2])


def comment_of(frame: bytes) -> str:
    """Second line of a frame of extended XYZ."""
    return frame.split(b"\n", 2)[1].decode("utf-8", "replace") if b"\n" in frame else ""


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
