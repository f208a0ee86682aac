"""Splits by size, in groups or as published, and the split of named sources with what leaks in it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.chem.elements import is_metal
from mlcluster.data.checking import none_usable
from mlcluster.data.failures import noting
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.leakage import leakage_report
from mlcluster.data.sources import load
from mlcluster.data.split_files import write_split
from mlcluster.data.splits import Split, families_of, split_at_random, split_by_family
from mlcluster.data.together import load_together
from mlcluster.errors import ConfigError, DataError
from mlcluster.runs import check_place

TRAINING_NAMES = ("training", "train")
VALIDATION_NAMES = ("validation", "val", "valid")


def split_by_size(
    items: Sequence[LabelledCluster], *, shares: tuple[float, float] = (0.1, 0.1), seed: int = 0
) -> Split:
    """Hold out the largest families, to see whether a model extrapolates to larger clusters.

    Families are kept whole and ordered by their largest member, by number of metals (of atoms, where none has two), so
    every test family reaches beyond all that is learned from.

    Parameters
    ----------
    items
        Entries to split.
    shares
        Least shares of validation and test entries; the test families are the largest, validation families the next.
    seed
        Kept in the record; nothing here is random.

    Raises
    ------
    DataError
        If no family is left to learn from.
    """
    groups = families_of(items)
    sizes = {name: max(_size(item) for item in group) for name, group in groups.items()}
    order = sorted(groups, key=lambda name: (sizes[name], name), reverse=True)
    validation_share, test_share = shares
    test, rest = _fill(order, groups, test_share * len(items))
    validation, train = _fill(rest, groups, validation_share * len(items))
    if not train:
        raise DataError("no family is left to learn from.", found=f"{len(groups)} families", hint="Hold out less.")
    return Split(
        kind="size", train=_all(groups, train), validation=_all(groups, validation), test=_all(groups, test), seed=seed
    )


def group_folds(items: Sequence[LabelledCluster], k: int, *, seed: int = 0) -> Iterator[Split]:
    """Yield k splits in which every family is tested on once; folds hold about equally many entries.

    The fold after the tested one serves to stop on.

    Raises
    ------
    DataError
        If there are fewer families than folds, or fewer than three folds.
    """
    groups = families_of(items)
    if not 3 <= k <= len(groups):
        raise DataError("cannot make so many folds of whole families.", found=k, expected=f"3 to {len(groups)}")
    shuffled = np.random.default_rng(seed).permutation(list(groups)).tolist()
    folds: list[list[str]] = [[] for _ in range(k)]
    filled = [0] * k
    for name in sorted(shuffled, key=lambda name: -len(groups[name])):
        smallest = min(range(k), key=lambda fold: (filled[fold], len(folds[fold])))
        folds[smallest].append(name)
        filled[smallest] += len(groups[name])
    for number in range(k):
        stop = (number + 1) % k
        learned = [name for other, fold in enumerate(folds) if other not in (number, stop) for name in fold]
        yield Split(
            kind="group-k-fold",
            train=_all(groups, learned),
            validation=_all(groups, folds[stop]),
            test=_all(groups, folds[number]),
            seed=seed,
        )


def split_official(items: Sequence[LabelledCluster], *, test: str | None = None) -> Split:
    """Split as the authors published it; sides they call otherwise than training or validation are test sets.

    Parameters
    ----------
    items
        Entries with their side in `LabelledCluster.split`; those without are left out.
    test
        Which of several test sets, by the authors' name; all of them when None.

    Raises
    ------
    DataError
        If no split was published, or none of that name.
    """
    sides: dict[str, list[str]] = {}
    for item in items:
        if item.split:
            sides.setdefault(item.split.lower(), []).append(item.entry)
    tests = [name for name in sides if name not in (*TRAINING_NAMES, *VALIDATION_NAMES)]
    if not tests or not set(sides) & set(TRAINING_NAMES):
        raise DataError("these entries have no official split.", found=", ".join(sides) or "none", expected="training")
    if test is not None and test not in tests:
        raise DataError("no official test set of that name.", found=test, expected=", ".join(tests))
    chosen = [test] if test is not None else tests
    return Split(
        kind="official",
        train=tuple(sorted(e for name in TRAINING_NAMES for e in sides.get(name, ()))),
        validation=tuple(sorted(e for name in VALIDATION_NAMES for e in sides.get(name, ()))),
        test=tuple(sorted(e for name in chosen for e in sides[name])),
        seed=0,
    )


def _size(item: LabelledCluster) -> tuple[int, int]:
    metals = int(is_metal(item.cluster.numbers).sum())
    return (metals, 0) if metals > 1 else (1, len(item.cluster))


def _fill(order: Sequence[str], groups: dict[str, list[LabelledCluster]], count: float) -> tuple[list[str], list[str]]:
    chosen: list[str] = []
    entries = 0
    for name in order:
        if entries >= count:
            break
        chosen.append(name)
        entries += len(groups[name])
    return chosen, list(order[len(chosen) :])


def _all(groups: dict[str, list[LabelledCluster]], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(item.entry for name in names for item in groups[name]))


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
        If the entries cannot be split so, or the test set would be a single one.
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
    split = makers[kind]()
    if len(split.test) == 1:
        raise DataError(
            "a test set of one entry judges nothing.",
            site=split.test[0],
            expected="two entries or more",
            hint="Name larger families with --test, or choose others with --seed.",
        )
    return split


def split_sources(
    names: Sequence[str],
    kind: str = "family",
    *,
    test: Sequence[str] = (),
    seed: int = 0,
    out: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
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
    options
        What the source needs; by source where there are several. An entry that cannot be read is left out.

    Returns
    -------
    dict[str, Any]
        ``{"kind", "sources", "skipped", "train", "validation", "test", "families": {side: [...]}, "leaks", "leakage",
        "file"}``, where train, validation and test count entries and leakage has the summary and the counts of
        `LeakageReport`.
    """
    check_place(out)
    with noting() as noted:
        given = dict(options or {})
        items = load(names[0], **given) if len(names) == 1 else load_together(names, given)
    if not items:
        raise none_usable(noted.skipped, ", ".join(names), "entries to split")
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
        "skipped": [{"entry": item.name, "error": item.error} for item in noted.skipped],
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
