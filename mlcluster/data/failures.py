"""Items of a source that cannot be used, and those to look at: listed, so that one costs no other, if somebody asks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from mlcluster.errors import said
from mlcluster.structure.files import printable


@dataclass(frozen=True)
class FailedItem:
    """One item, and why it cannot be used."""

    name: str
    error: str


@dataclass(frozen=True)
class Remark:
    """What is to be known of an item that is used: a warning asks for a look, a note tells what was done."""

    level: Literal["warning", "note"]
    name: str
    message: str


_listed: ContextVar[list[FailedItem] | None] = ContextVar("failed items", default=None)


@contextmanager
def listed_failures() -> Iterator[list[FailedItem]]:
    """The list that the failures of `one_item` go to meanwhile."""
    failures: list[FailedItem] = []
    token = _listed.set(failures)
    try:
        yield failures
    finally:
        _listed.reset(token)


@contextmanager
def one_item(name: object) -> Iterator[None]:
    """Make one entry of a source; what goes wrong is raised, or listed within `listed_failures`."""
    try:
        yield
    except Exception as error:  # whatever a file brings a reader to raise, it is the failure of that item
        failures = _listed.get()
        if failures is None:
            raise
        failures.append(FailedItem(printable(str(name)), said(error)))


_remarks: ContextVar[list[Remark] | None] = ContextVar("remarks", default=None)


@contextmanager
def listed_remarks() -> Iterator[list[Remark]]:
    """The list that `remark` writes to meanwhile."""
    remarks: list[Remark] = []
    token = _remarks.set(remarks)
    try:
        yield remarks
    finally:
        _remarks.reset(token)


def remark(level: Literal["warning", "note"], name: object, message: str) -> None:
    """Say something of an item: to the list of `listed_remarks`, or as a Python warning where nobody lists."""
    remarks, named = _remarks.get(), printable(str(name))
    if remarks is not None:
        remarks.append(Remark(level, named, message))
    elif level == "warning":
        warnings.warn(f"{named}: {message}", UserWarning, stacklevel=3)


@dataclass(frozen=True)
class Noted:
    """What `noting` has gathered: items left out, and remarks on others."""

    skipped: list[FailedItem]
    remarks: list[Remark]


@contextmanager
def noting(*, strict: bool = False) -> Iterator[Noted]:
    """List what cannot be used and what asks for a look; a strict reader raises at the first that cannot be used."""
    with listed_remarks() as remarks:
        if strict:
            yield Noted([], remarks)
        else:
            with listed_failures() as skipped:
                yield Noted(skipped, remarks)


@contextmanager
def skipping(*, strict: bool = False) -> Iterator[None]:
    """Leave out what cannot be used without a word, unless somebody lists it already; a strict reader raises."""
    if strict or _listed.get() is not None:
        yield
    else:
        with noting():
            yield


def failures_so_far() -> list[FailedItem]:
    """Items left out up to now, as whoever asked lists them."""
    return list(_listed.get() or ())
