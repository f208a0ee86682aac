"""A split by the name of its kind, with the report on what leaks through it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.leakage import leakage_report
from mlcluster.data.sources import load
from mlcluster.data.split_files import write_split
from mlcluster.data.splits import Split, split_at_random, split_by_family
from mlcluster.data.splitters import split_by_size, split_official
from mlcluster.data.together import load_together
from mlcluster.errors import ConfigError

KINDS = ("family", "size", "official", "random")


def make_split(
    items: Sequence[LabelledCluster], kind: str = "family", *, test: Sequence[str] = (), seed: int = 0
) -> Split:
    """Split entries one of the ways of `KINDS`.

    Parameters
    ----------
    items
        Entries to split.
    kind
        "family", "size", "official" or "random".
    test
        Families to hold out, by name or structural key, for "family"; the name of one test set, for "official".
    seed
        Chooses what is not named.

    Raises
    ------
    ConfigError
        If the kind is unknown or has no use for names.
    DataError
        If the entries cannot be split so.
    """
    by_key = {item.key: str(item.family) for item in items if item.key}
    makers: dict[str, Callable[[], Split]] = {
        "family": lambda: split_by_family(items, test=[by_key.get(name, name) for name in test] or None, seed=seed),
        "size": lambda: split_by_size(items, seed=seed),
        "official": lambda: split_official(items, test=test[0] if test else None),
        "random": lambda: split_at_random(items, seed=seed),
    }
    if kind not in makers:
        raise ConfigError("unknown kind of split.", found=kind, expected=", ".join(KINDS))
    if test and (kind in ("size", "random") or (kind == "official" and len(test) > 1)):
        raise ConfigError("this kind of split takes no such names.", site=kind, found=", ".join(test))
    return makers[kind]()


def split_sources(
    names: Sequence[str],
    kind: str = "family",
    *,
    test: Sequence[str] = (),
    seed: int = 0,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Load sources, split them and say what leaks.

    Parameters
    ----------
    names
        Of the sources; the entries of several are called ``source/entry``.
    kind, test, seed
        As in `make_split`.
    out
        File to write the split to.

    Returns
    -------
    ``{"kind", "sources", "train", "validation", "test", "families": {side: [...]}, "leaks", "leakage", "file"}``, where
    train, validation and test count entries and leakage has the summary and the counts of `LeakageReport`.
    """
    items = load(names[0]) if len(names) == 1 else load_together(names)
    with warnings.catch_warnings():
        # The report says it, with numbers.
        warnings.filterwarnings("ignore", message="a random split leaks")
        split = make_split(items, kind, test=test, seed=seed)
    report = leakage_report(items, split)
    family = {item.entry: str(item.family) for item in items}
    sides = {"train": split.train, "validation": split.validation, "test": split.test}
    if out is not None:
        write_split(out, split, items)
    return {
        "kind": kind,
        "sources": list(names),
        **{side: len(entries) for side, entries in sides.items()},
        "families": {side: sorted({family[entry] for entry in entries}) for side, entries in sides.items()},
        "leaks": report.leaks,
        "leakage": {
            "summary": report.summary(),
            "families_on_both_sides": list(report.families_on_both_sides),
            "known_structures": report.known_structures,
            "duplicates": len(report.duplicates),
            "torn_pairs": len(report.torn_pairs),
        },
        "file": None if out is None else str(out),
    }
