"""Which entries a batch holds: families in equal shares, batches by atoms, methods of a target in balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import cycle, islice

import numpy as np
from torch import distributed
from torch.utils.data import Sampler
from torch.utils.data.distributed import DistributedSampler

from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import ConfigError


class FamilySampler(Sampler[int]):
    """Entries of one epoch in random order, a pure function of seed and epoch, so that a resumed run sees the same.

    Parameters
    ----------
    families
        Family of each entry.
    count
        Entries an epoch, in equal shares of the families, drawn again each epoch; None takes every entry once.
    seed
        Makes the draws reproducible.
    first_epoch
        Epochs done before this process started: the epoch until `set_epoch` says another.
    """

    def __init__(self, families: Sequence[str], count: int | None, seed: int, first_epoch: int = 0) -> None:
        self._groups = [np.flatnonzero(np.array(families) == name) for name in sorted(set(families))]
        self._count = len(families) if count is None else count
        self._all = count is None
        self._seed, self._epoch = seed, first_epoch

    def set_epoch(self, epoch: int) -> None:
        """Take over the epoch number; Lightning calls this before each epoch but the first after a resume."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self._seed, self._epoch])
        if self._all:
            return iter(rng.permutation(self._count).tolist())
        shares = np.full(len(self._groups), self._count // len(self._groups))
        shares[rng.permutation(len(shares))[: self._count - shares.sum()]] += 1
        drawn = [_draw(rng, group, share) for group, share in zip(self._groups, shares, strict=True)]
        return iter(rng.permutation(np.concatenate(drawn)).tolist())


class AtomBudgetBatches(DistributedSampler[list[int]]):
    """Batches of at most so many atoms; a cluster larger than the budget is a batch of its own.

    Where several processes train one model, each takes every so manyth batch of one common order. Lightning leaves the
    batches as they are, as it does with any `DistributedSampler`: shares of single entries would give each process
    another number of batches, and the one with fewer would let the others wait for ever.

    Parameters
    ----------
    sampler
        Order of the entries, the same in every process.
    sizes
        Atoms of each entry.
    budget
        Atoms a batch.
    even
        Whether each process gets equally many batches, the last ones of which may repeat others: for training.
        Without, every batch comes once: for scores.
    """

    def __init__(
        self, sampler: Sampler[int] | Sequence[int], sizes: Sequence[int], budget: int, *, even: bool = False
    ) -> None:
        super().__init__(sizes, num_replicas=1, rank=0, shuffle=False)  # type: ignore[arg-type]
        self._order, self._sizes, self._budget, self._even = sampler, sizes, budget, even

    def set_epoch(self, epoch: int) -> None:
        """Take over the epoch number; Lightning calls this before each epoch but the first after a resume."""
        if isinstance(self._order, FamilySampler | BalancedSampler):
            self._order.set_epoch(epoch)

    def __len__(self) -> int:
        raise TypeError("how many batches there are changes from epoch to epoch")

    def __iter__(self) -> Iterator[list[int]]:
        rank, processes = _place_among_processes()
        if processes == 1:
            yield from self._batches()
            return
        batches = list(self._batches())
        if self._even:
            batches += list(islice(cycle(batches), -len(batches) % processes))
        yield from batches[rank::processes]

    def _batches(self) -> Iterator[list[int]]:
        batch: list[int] = []
        atoms = 0
        for index in self._order:
            if batch and atoms + self._sizes[index] > self._budget:
                yield batch
                batch, atoms = [], 0
            batch.append(index)
            atoms += self._sizes[index]
        if batch:
            yield batch


def _place_among_processes() -> tuple[int, int]:
    """Number of this process among those that train one model, and how many they are."""
    if not distributed.is_available() or not distributed.is_initialized():
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def _draw(rng: np.random.Generator, group: np.ndarray, share: int) -> np.ndarray:
    rounds = [rng.permutation(group) for _ in range(-(-share // len(group)))]
    return np.concatenate(rounds)[:share] if rounds else group[:0]


@dataclass(frozen=True)
class Place:
    """What balancing needs to know of an entry: its source, its family and the channels it has labels of."""

    source: str
    family: str
    channels: tuple[str, ...]


class BalancedSampler(Sampler[int]):
    """Entries of one epoch: every channel of every source has a share by its weight, each family within it the same.

    An entry with labels of several channels can be drawn for any of them, and then teaches all of them. The draw is a
    pure function of seed and epoch, as in `FamilySampler`.

    Parameters
    ----------
    places
        One an entry.
    weights
        By source, by channel, or by both in that order with a space between; factors of one share are multiplied, what
        is not named weighs 1, and 0 leaves out: ``{"tmqm": 0.2, "gap:gfn1-xtb": 1, "nc_database gap:dft-pbe": 3}``.
    count
        Entries an epoch.
    seed, first_epoch
        As in `FamilySampler`.

    Raises
    ------
    ConfigError
        If a weight names nothing that is there or is negative, or all are 0.
    """

    def __init__(
        self, places: Sequence[Place], weights: Mapping[str, float], count: int, seed: int, first_epoch: int = 0
    ) -> None:
        members: dict[tuple[str, str], list[int]] = {}
        for index, place in enumerate(places):
            for channel in place.channels:
                members.setdefault((place.source, channel), []).append(index)
        names = {name for source, channel in members for name in (source, channel, f"{source} {channel}")}
        for name, weight in weights.items():
            if name not in names:
                near = get_close_matches(name, names, n=1)
                hint = f"Did you mean {near[0]}?" if near else None
                raise ConfigError("a weight names neither a source nor a channel of the data.", found=name, hint=hint)
            if not weight >= 0:
                raise ConfigError("a weight is a number from 0 up.", site=name, found=weight)
        factors = np.array(
            [
                weights.get(source, 1.0) * weights.get(channel, 1.0) * weights.get(f"{source} {channel}", 1.0)
                for source, channel in members
            ],
            dtype=float,
        )
        if not factors.sum() > 0:
            raise ConfigError("every share has the weight 0, so there is nothing to draw.", found=dict(weights))
        self.shares: dict[tuple[str, str], int] = dict(zip(members, _whole(factors, count), strict=True))
        """Entries an epoch of each source and channel."""
        self._count, self._seed = count, seed
        self._draws = [
            (np.array(members[group]), FamilySampler([places[i].family for i in members[group]], share, seed + number))
            for number, (group, share) in enumerate(self.shares.items())
        ]
        self._epoch = first_epoch

    def set_epoch(self, epoch: int) -> None:
        """Take over the epoch number; Lightning calls this before each epoch but the first after a resume."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        drawn = []
        for members, sampler in self._draws:
            sampler.set_epoch(self._epoch)
            drawn.append(members[list(sampler)])
        order = np.random.default_rng([self._seed, self._epoch]).permutation(np.concatenate(drawn))
        return iter(order.tolist())


def place_of(item: LabelledCluster, channels: Sequence[str]) -> Place:
    """What balancing needs to know of an entry, of its labels only those of `channels`."""
    taught = sorted({record.channel.key for record in item.labels} & set(channels))
    return Place(item.source, item.family or "", tuple(taught))


def epoch_sampler(
    places: Sequence[Place], count: int | None, weights: Mapping[str, float] | None, seed: int, first_epoch: int
) -> FamilySampler | BalancedSampler:
    """Sampler of an epoch: by weights where they are stated, else by family alone; by weights as many as entries."""
    if weights is None:
        return FamilySampler([place.family for place in places], count, seed, first_epoch)
    return BalancedSampler(places, weights, len(places) if count is None else count, seed, first_epoch)


def _whole(factors: np.ndarray, count: int) -> list[int]:
    """Whole shares that add up to `count`; the largest remainders are rounded up."""
    exact = count * factors / factors.sum()
    shares = np.floor(exact).astype(int)
    upward = np.argsort(shares - exact, kind="stable")[: count - shares.sum()]
    shares[upward] += 1
    return shares.tolist()
