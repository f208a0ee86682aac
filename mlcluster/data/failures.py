"""Items of a source that cannot be used: listed, so that one costs no other, where somebody asks for the list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from mlcluster.errors import said
from mlcluster.structure.files import printable


@dataclass(frozen=True)
class FailedItem:
    """One item, and why it cannot be used."""

    name: str
    error: str


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
