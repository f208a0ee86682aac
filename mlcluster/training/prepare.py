"""From a configuration to the entries that may be learned from, and to the splits of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcluster.data import LabelledCluster, load, only_trainable
from mlcluster.data.splits import Split, balanced_subset, families_of, split_at_random, split_by_family
from mlcluster.errors import DataError
from mlcluster.training.config import TrainConfig


def prepare_items(config: TrainConfig) -> list[LabelledCluster]:
    """Load the source, keep what may be learned from, and take the subset asked for.

    Raises
    ------
    DataError
        If no entry has a label of the channels asked for.
    """
    items = only_trainable(load(config.data.source, **config.data.options), config.model.channels)
    if not items:
        raise DataError(
            "no entry has a label to learn from.", file=config.data.source, expected=", ".join(config.model.channels)
        )
    if config.data.subset is not None and config.data.subset < len(items):
        items = balanced_subset(items, config.data.subset, seed=config.data.seed)
    return items


def member_splits(
    items: Sequence[LabelledCluster], config: TrainConfig, members: int, *, test: Sequence[str] | None, seed: int
) -> list[Split]:
    """Split for each member: the same test families for all, validation families in turn.

    A member never fits its validation family, so its error there is that of a family it has not seen; together the
    members still learn from every family but the test ones.

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
        Families held out of everything; one chosen by the seed when None.
    seed
        Chooses test families, and the turn of the validation families.
    """
    if config.split.kind == "random":
        return [split_at_random(items, seed=seed)] * members
    stated = config.split.validation
    if stated is not None and not set(stated) & set(test or ()):
        return [split_by_family(items, test=test, validation=stated, seed=seed)] * members
    first = split_by_family(items, test=test, seed=seed)
    tested = set(first.test)
    names = [name for name, group in families_of(items).items() if group[0].entry not in tested]
    turn = np.random.default_rng(seed).permutation(names).tolist()
    held = sorted({item.family or "" for item in items if item.entry in tested})
    return [split_by_family(items, test=held, validation=[turn[k % len(turn)]], seed=seed) for k in range(members)]
