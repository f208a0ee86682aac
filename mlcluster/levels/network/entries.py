"""From a configuration to the entries that may be learned from, and to the splits of an ensemble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.data import LabelledCluster, load, load_together, only_trainable
from mlcluster.data.checking import none_usable
from mlcluster.data.failures import failures_so_far, one_item, remark, skipping
from mlcluster.data.split_files import read_split
from mlcluster.data.splits import Split, balanced_subset, families_of, split_at_random, split_by_family
from mlcluster.data.splitters import split_official
from mlcluster.electronic.capping import capped
from mlcluster.errors import DataError
from mlcluster.levels.protocol import Fold
from mlcluster.levels.run_config import TrainConfig

STOPPED_ON = 3
"""Families a member stops on, where there are enough of them; where there are many, one in `STOPPING_PARTS`."""
STOPPING_PARTS = 10


def prepare_items(config: TrainConfig) -> list[LabelledCluster]:
    """Load the source, keep what may be learned from, take the subset asked for, and cut ligands down if asked to.

    An entry that cannot be read is left out unless ``data.strict`` is set; `mlcluster.data.failures.noting` lists it.

    Raises
    ------
    DataError
        If no entry has a label of the channels asked for.
    """
    with skipping(strict=config.data.strict):
        items = only_trainable(_load(config), config.model.channels)
        left_out = failures_so_far()
    if not items:
        channels = ", ".join(config.model.channels)
        if left_out:
            raise none_usable(left_out, config.data.source, f"entries with labels of {channels}")
        raise DataError("no entry has a label to learn from.", file=config.data.source, expected=channels)
    if config.data.subset is not None and config.data.subset < len(items):
        items = balanced_subset(items, config.data.subset, seed=config.data.seed)
    return items if config.model.ligands == "whole" else _with_capped_ligands(items, config)


def _with_capped_ligands(items: Sequence[LabelledCluster], config: TrainConfig) -> list[LabelledCluster]:
    """The entries with their ligands cut down; those for which that fails are left out.

    Labels stay: what ligands do beyond their donors becomes noise of them. Charges of atoms go where a ligand was cut,
    as they are those of other atoms.
    """
    kept = []
    with skipping(strict=config.data.strict):
        for item in items:
            with one_item(item.entry):
                found = capped(Anatomy(item.cluster))
                for warning in found.warnings:
                    remark("note", item.entry, warning)
                cut = found.cluster is not item.cluster
                kept.append(replace(item, cluster=found.cluster, atom_charges=None) if cut else item)
        if not kept:
            raise none_usable(failures_so_far(), config.data.source, "entries whose ligands can be cut down")
    return kept


def _load(config: TrainConfig) -> list[LabelledCluster]:
    source, options = config.data.source, config.data.options
    return load(source, **options) if isinstance(source, str) else load_together(source, options)


def check_folds(folds: Sequence[Fold], items: Sequence[LabelledCluster], channels: Sequence[str]) -> None:
    """Refuse folds of which nothing can come: no label of a channel to learn from, or a single entry to be judged by.

    A fold that leaves out the only family with labels of a channel is no fault; it tells nothing of that channel.

    Raises
    ------
    DataError
        Naming channel or fold.
    """
    labelled = {key: {item.entry for item in items if key in {r.channel.key for r in item.labels}} for key in channels}
    whole = [fold for fold in folds if fold.left_out is None]
    for key, entries in labelled.items():
        if not any(entries & fold.learned for fold in whole or folds):
            raise DataError(
                "a channel has no label to learn from.",
                site=key,
                found=f"{len(entries)} entries with one, all held out",
                hint="Hold out less of it, drop the channel, or bring more data.",
            )
    judged_by = {entry for fold in whole or folds for entry in fold.test}
    if len(judged_by) == 1:
        raise DataError(
            "a test set of one entry judges nothing.",
            site=judged_by.pop(),
            expected="two entries or more, or none",
            hint="Hold out more with split.test=[FAMILY, FAMILY], or nothing with split.test=[].",
        )


def stored_split(config: TrainConfig, items: Sequence[LabelledCluster]) -> Split:
    """The split in the file that a configuration names, which divides all of the data, for the entries of a run.

    Raises
    ------
    InputError
        If the file is no split.
    DataError
        If it divides other data, or leaves a side without an entry.
    """
    with skipping(strict=config.data.strict):
        whole = read_split(str(config.split.file), _load(config))
    kept = {item.entry for item in items}
    sides = [tuple(entry for entry in side if entry in kept) for side in (whole.train, whole.validation, whole.test)]
    for name, entries in zip(("train", "validation", "test"), sides, strict=True):
        if not entries:
            raise DataError("a side of the stored split has no entry to use.", file=config.split.file, site=name)
    return replace(whole, train=sides[0], validation=sides[1], test=sides[2])


def member_splits(
    items: Sequence[LabelledCluster], config: TrainConfig, members: int, *, test: Sequence[str] | None, seed: int
) -> list[Split]:
    """Split for each member: the same test families for all, validation families in turn.

    A member never fits its validation families, so its error there is that of families it has not seen; together the
    members still learn from every family but the test ones. Where there are enough families, each member stops on
    several: the best epoch for a single odd one says little.

    Parameters
    ----------
    items
        All entries.
    config
        States the kind of split, and validation families if the same are wanted for all members; they are passed over
        where one of them is held out.
    members
        Splits to make.
    test
        Families held out of everything, one chosen by the seed when None; of an official split the names of the sides
        held out, all but the training side when None.
    seed
        Chooses test families, and the turn of the validation families.
    """
    if config.split.kind == "stored":
        return [stored_split(config, items)] * members
    if config.split.kind == "random":
        return [split_at_random(items, seed=seed)] * members
    if config.split.kind == "official":
        held = _published_test(items, test)
        return [hold_out_entries(items, held, kind="official", seed=1000 * seed + k) for k in range(members)]
    stated = config.split.validation
    if stated is not None and not set(stated) & set(test or ()):
        return [split_by_family(items, test=test, validation=stated, seed=seed)] * members
    first = split_by_family(items, test=test, seed=seed)
    tested = set(first.test)
    names = [name for name, group in families_of(items).items() if group[0].entry not in tested]
    turn = np.random.default_rng(seed).permutation(names).tolist()
    held = sorted({item.family or "" for item in items if item.entry in tested})
    parts = max(min(len(turn), 3), min(len(turn) // STOPPED_ON, STOPPING_PARTS))
    groups = [turn[k::parts] for k in range(parts)]
    return [split_by_family(items, test=held, validation=groups[k % parts], seed=seed) for k in range(members)]


def evaluation_splits(
    items: Sequence[LabelledCluster], config: TrainConfig, members: int, seed: int
) -> Iterator[tuple[str, list[Split]]]:
    """Yield the parts that cross-validation holds out in turn, by name, with the split of each member.

    Parameters
    ----------
    items
        All entries.
    config
        Its split says of what kind the parts are: families, one by one or, with ``evaluate.folds``, in that many parts
        of whole families; parts chosen at random, but with all entries of one formula in one part; or what the authors
        published or a file says, which is a single part.
    members
        Splits of each part.
    seed
        Chooses the parts, and what each member stops on.
    """
    folds = config.evaluate.folds
    if config.split.kind in ("official", "stored"):
        name = "published sets" if config.split.kind == "official" else "stored test set"
        yield name, member_splits(items, config, members, test=None, seed=seed)
    elif folds is None and config.split.kind == "family":
        for family in families_of(items):
            yield family, member_splits(items, config, members, test=[family], seed=seed)
    else:
        by_family = config.split.kind == "family"
        groups = np.array([(item.family or "") if by_family else item.cluster.formula for item in items])
        names = np.random.default_rng(seed).permutation(sorted(set(groups.tolist()))).tolist()
        for number, part in enumerate(_parts(names, groups.tolist(), folds or 10)):
            held = [item.entry for item, group in zip(items, groups.tolist(), strict=True) if group in part]
            kind: Literal["family", "random"] = "family" if by_family else "random"
            seeds = [1000 * seed + k for k in range(members)]
            yield f"part {number + 1}", [hold_out_entries(items, held, kind=kind, seed=each) for each in seeds]


def left_out_in_turn(items: Sequence[LabelledCluster], parts: int | None, seed: int) -> dict[str, list[str]]:
    """Families that are left out together, by the name of the part: one by one, or in so many parts of equal size."""
    groups = families_of(items)
    if parts is None:
        return {family: [family] for family in groups}
    names = np.random.default_rng(seed).permutation(sorted(groups)).tolist()
    of_entry = [name for name, group in groups.items() for _ in group]
    return {f"part {k + 1}": sorted(part) for k, part in enumerate(_parts(names, of_entry, parts))}


def hold_out_entries(
    items: Sequence[LabelledCluster],
    held: Sequence[str],
    *,
    kind: Literal["family", "random", "official"],
    seed: int,
) -> Split:
    """Hold out stated entries; a tenth of what is left, chosen by the seed, serves to stop on.

    What a member stops on are whole families for the kind "family", otherwise all entries of some formulas, so that two
    spin states of one complex never stand on both sides.
    """
    out = set(held)
    left = [item for item in items if item.entry not in out]
    groups = {item.entry: (item.family or "") if kind == "family" else item.cluster.formula for item in left}
    names = np.random.default_rng(seed).permutation(sorted(set(groups.values()))).tolist()
    stopped = next(iter(_parts(names, list(groups.values()), 10)), set())
    return Split(
        kind=kind,
        train=tuple(sorted(entry for entry, group in groups.items() if group not in stopped)),
        validation=tuple(sorted(entry for entry, group in groups.items() if group in stopped)),
        test=tuple(sorted(out)),
        seed=seed,
    )


def _parts(names: Sequence[str], groups: Sequence[str], count: int) -> Iterator[set[str]]:
    """Divide group names, in their order, into parts that hold about equally many entries."""
    sizes = Counter(groups)
    part: set[str] = set()
    filled = given = 0
    for name in names:
        part.add(name)
        filled += sizes[name]
        if filled * count >= len(groups) * (given + 1):
            yield part
            part, given = set(), given + 1


def _published_test(items: Sequence[LabelledCluster], sides: Sequence[str] | None) -> list[str]:
    """Entries of the published sides held out: all but the training side, the validation side among them."""
    published = split_official(items)
    held = set(published.validation) | set(published.test)
    names = sorted({item.split for item in items if item.entry in held})
    unknown = sorted(set(sides or ()) - set(names))
    if unknown:
        raise DataError("the authors published no such side.", found=", ".join(unknown), expected=", ".join(names))
    return [item.entry for item in items if item.entry in held and (sides is None or item.split in sides)]
