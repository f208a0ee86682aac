"""`prepare`: a user's copy of a source is read, counted and written in the form everything else loads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcluster.data.failures import FailedItem, listed_failures
from mlcluster.data.labelled import with_computed_labels
from mlcluster.data.packed import write_packed
from mlcluster.data.places import data_dir
from mlcluster.data.source_cards import Card, local_copy
from mlcluster.data.sources import get_source
from mlcluster.errors import ConfigError, DataError, InputError, MlclusterError, said

MOST_NAMED = 10
"""Items that cannot be used, named in one message."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What `prepare` wrote.

    Parameters
    ----------
    name
        Of the source.
    directory
        Where it lies.
    entries, atoms, families
        Counts.
    labels
        Labels of each channel.
    failed
        Items of the copy that could not be used.
    """

    name: str
    directory: Path
    entries: int
    atoms: int
    families: int
    labels: dict[str, int]
    failed: tuple[FailedItem, ...] = ()


def prepare(name: str, path: str | Path | None = None, *, partial: bool = False) -> Prepared:
    """Read a local copy of a source and write it under `mlcluster.data.places.data_dir`.

    Nothing is downloaded. An item that cannot be used costs no other: it is listed.

    Parameters
    ----------
    name
        Of the source.
    path
        The copy: the folder or file that its card asks for.
    partial
        Take a copy that does not hold the numbers of entries and labels of the card.

    Raises
    ------
    ConfigError
        If there is no such source, or it needs no preparing.
    InputError
        If there is no copy, saying where to get it, or it cannot be read.
    DataError
        If it does not hold what the card says.
    """
    source = get_source(name)
    if source.read is None:
        raise ConfigError("this source needs no preparing: load it.", found=name, hint=source.card.obtain)
    copy = local_copy(source.card, path)
    directory = data_dir() / name

    def check(header: dict[str, Any]) -> None:
        if not partial:
            _compare(source.card, header, copy, failed)

    with listed_failures() as failed:
        try:
            header = write_packed(
                directory, with_computed_labels(name, source.read(copy)), name=name, origin=str(copy), check=check
            )
        except MlclusterError:
            raise
        except Exception as error:
            raise InputError("the copy cannot be read.", file=copy, found=said(error)) from error
    counts = {key: header[key] for key in ("entries", "atoms", "families", "labels")}
    return Prepared(name=name, directory=directory, failed=tuple(failed), **counts)


def _compare(card: Card, header: dict[str, Any], copy: Path, failed: Sequence[FailedItem]) -> None:
    expected = {"entries": card.entries, **card.labels}
    found = {"entries": header["entries"], **header["labels"]}
    wrong = [f"{key} {found.get(key, 0)} for {count}" for key, count in expected.items() if found.get(key, 0) != count]
    wrong += [f"{item.name} cannot be used ({item.error})" for item in failed[:MOST_NAMED]] if wrong else []
    if wrong:
        raise DataError(
            f"this is not the {card.name} of the card.",
            file=copy,
            found="; ".join(wrong),
            hint="A part or another version? --partial (partial=True) takes what is there.",
        )
