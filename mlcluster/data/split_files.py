"""Splits as files that know which data they divide: a split of other data is refused, not applied."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from mlcluster.data.data_card import data_hash
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.errors import DataError, InputError
from mlcluster.runs import write_whole

SCHEMA = 1


def write_split(path: str | Path, split: Split, items: Sequence[LabelledCluster]) -> None:
    """Write a split as JSON, with the hash of the entries it divides and how many each source gave.

    Raises
    ------
    DataError
        If the split names an entry that is not among `items`.
    """
    named = {*split.train, *split.validation, *split.test}
    missing = sorted(named - {item.entry for item in items})
    if missing:
        raise DataError("the split names entries that the data lack.", found=", ".join(missing[:5]))
    sources: dict[str, int] = {}
    for item in items:
        sources[item.source] = sources.get(item.source, 0) + 1
    content = {
        "schema": SCHEMA,
        "data_hash": data_hash(items),
        "sources": dict(sorted(sources.items())),
        "leaks": split.leaks,
        **dataclasses.asdict(split),
    }
    write_whole(Path(path), json.dumps(content, indent=1))


def read_split(path: str | Path, items: Sequence[LabelledCluster]) -> Split:
    """Read a split that `write_split` wrote, provided the data are still those it was made for.

    Raises
    ------
    InputError
        If the file cannot be read as a split.
    DataError
        If the data have changed since: labels, structures, families or entries.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        split = Split.from_dict(content)
        schema, stated = content["schema"], content["data_hash"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("cannot read a split.", file=path, found=f"{type(error).__name__}: {error}") from None
    if schema != SCHEMA:
        raise InputError("a split of another version.", file=path, found=f"schema {schema}", expected=SCHEMA)
    found = data_hash(items)
    if found != stated:
        raise DataError(
            "this split was made for other data.",
            file=path,
            found=f"data hash {found[:12]}",
            expected=f"{stated[:12]}, {sum(content['sources'].values())} entries",
            hint="Load the same sources and versions, or make the split anew.",
        )
    return split
