"""Splits by structural family: what is tested on shares no framework with what was learned from."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError

HELD_OUT = 0.1
"""Share of the families that is held out to judge by, and again to stop on, unless they are named."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Entries to learn from, to stop on and to be judged by.

    Parameters
    ----------
    kind
        "family", "size" and "group-k-fold" keep families whole; "official" is what the authors of a source chose;
        "random" puts near-duplicates on both sides.
    train, validation, test
        Entry identifiers.
    seed
        What the choice was made with.
    """

    kind: Literal["family", "size", "group-k-fold", "official", "random"]
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    seed: int

    @property
    def leaks(self) -> bool:
        """True when near-duplicates of test entries may stand in the training set; see also `leakage_report`."""
        return self.kind in ("random", "official")

    def write(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Split:
        """Read what `write` wrote."""
        return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Split:
        """Build from what `dataclasses.asdict` or its JSON gives."""
        sides = {side: tuple(fields[side]) for side in ("train", "validation", "test")}
        return cls(kind=fields["kind"], seed=fields["seed"], **sides)


def families_of(items: Sequence[LabelledCluster]) -> dict[str, list[LabelledCluster]]:
    """Group entries by family, families in alphabetical order.

    Raises
    ------
    DataError
        Naming an entry that has no family: it cannot be placed on either side of a split.
    """
    groups: dict[str, list[LabelledCluster]] = {}
    for item in items:
        if item.family is None:
            raise DataError("an entry has no family, so it cannot be split.", site=item.entry, expected="a family name")
        groups.setdefault(item.family, []).append(item)
    return dict(sorted(groups.items()))


def split_by_family(
    items: Sequence[LabelledCluster],
    *,
    test: Sequence[str] | None = None,
    validation: Sequence[str] | None = None,
    seed: int = 0,
) -> Split:
    """Hold whole families out, twice: some to judge by, others to stop on.

    Parameters
    ----------
    items
        Entries to split.
    test, validation
        Families to hold out; where not given, a tenth of the families each, at least one, chosen by the seed. An empty
        sequence holds none out.
    seed
        Makes the choice reproducible.

    Raises
    ------
    DataError
        If a family is unknown, stands on both sides, or none would be left to learn from.
    """
    groups = families_of(items)
    for name in (*(test or ()), *(validation or ())):
        if name not in groups:
            near = get_close_matches(name, groups, n=1)
            hint = f"Did you mean {near[0]}?" if near else None
            raise DataError("no such family.", found=name, expected=", ".join(groups), hint=hint)
    order = [name for name in np.random.default_rng(seed).permutation(list(groups)).tolist()]
    count = max(1, round(HELD_OUT * len(groups)))
    tested = list(test) if test is not None else [name for name in order if name not in (validation or ())][:count]
    left = [name for name in order if name not in tested]
    stopped = list(validation) if validation is not None else left[:count]
    if set(tested) & set(stopped):
        raise DataError("a family cannot be tested on and stopped on.", found=", ".join(set(tested) & set(stopped)))
    learned = [name for name in groups if name not in (*tested, *stopped)]
    if not learned:
        raise DataError(
            "no family is left to learn from.",
            found=f"{len(groups)} families, {len(tested)} for test, {len(stopped)} for validation",
            hint="Hold out fewer families or bring more data.",
        )
    return Split(
        kind="family",
        train=_entries(groups, learned),
        validation=_entries(groups, stopped),
        test=_entries(groups, tested),
        seed=seed,
    )


def families_in_turn(parts: int | None) -> str:
    """Name of a split that holds each family out once, one by one or in so many parts of whole families.

    >>> families_in_turn(None), families_in_turn(6)
    ('leave-one-family-out', '6 folds of families')
    """
    return "leave-one-family-out" if parts is None else f"{parts} folds of families"


def leave_one_family_out(items: Sequence[LabelledCluster], *, seed: int = 0) -> Iterator[tuple[str, Split]]:
    """Yield each family as the test set of one split, with another family, chosen by the seed, to stop on."""
    for family in families_of(items):
        yield family, split_by_family(items, test=[family], seed=seed)


def split_at_random(
    items: Sequence[LabelledCluster], *, shares: tuple[float, float] = (0.1, 0.1), seed: int = 0
) -> Split:
    """Split entry by entry, with a warning: variants of one parent then stand on both sides.

    Parameters
    ----------
    items
        Entries to split.
    shares
        Shares of validation and test entries.
    seed
        Makes the choice reproducible.
    """
    warnings.warn(
        "a random split leaks: variants of one framework stand on both sides, and scores come out too good",
        UserWarning,
        stacklevel=2,
    )
    order = np.random.default_rng(seed).permutation([item.entry for item in items]).tolist()
    n_validation, n_test = (round(share * len(order)) for share in shares)
    return Split(
        kind="random",
        validation=tuple(sorted(order[:n_validation])),
        test=tuple(sorted(order[n_validation : n_validation + n_test])),
        train=tuple(sorted(order[n_validation + n_test :])),
        seed=seed,
    )


def learning_from(split: Split, items: Sequence[LabelledCluster], count: int | None, *, seed: int = 0) -> Split:
    """Keep at most `count` entries to fit and to stop on, balanced over families, and all to be judged by.

    Splits that differ in `count` alone have the same test entries, and of two counts the smaller keeps a part of what
    the larger keeps, which makes a learning curve.

    Raises
    ------
    DataError
        If nothing would be left to fit.
    """
    if count is None:
        return split
    open_to = {*split.train, *split.validation}
    kept = {item.entry for item in balanced_subset([i for i in items if i.entry in open_to], count, seed=seed)}
    train = tuple(entry for entry in split.train if entry in kept)
    if not train:
        raise DataError("no entry is left to learn from.", found=count, hint="Keep more of them.")
    validation = tuple(entry for entry in split.validation if entry in kept)
    return dataclasses.replace(split, train=train, validation=validation)


def balanced_subset(items: Sequence[LabelledCluster], count: int, *, seed: int = 0) -> list[LabelledCluster]:
    """Choose `count` entries with families as equally large as they allow; parents come first."""
    rng = np.random.default_rng(seed)
    queues = []
    for members in families_of(items).values():
        shuffled = [members[i] for i in rng.permutation(len(members))]
        queues.append(sorted(shuffled, key=lambda item: item.edits != "parent"))
    chosen: set[str] = set()
    for rank in range(max(map(len, queues), default=0)):
        for queue in queues:
            if rank < len(queue) and len(chosen) < count:
                chosen.add(queue[rank].entry)
    return [item for item in items if item.entry in chosen]


def _entries(groups: Mapping[str, Sequence[LabelledCluster]], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(item.entry for name in names for item in groups[name]))
