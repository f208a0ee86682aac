"""What goes into an epoch and into a batch: equal shares of families, and a budget of atoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler


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


class AtomBudgetBatches(Sampler[list[int]]):
    """Batches of at most so many atoms; a cluster larger than the budget is a batch of its own.

    Parameters
    ----------
    sampler
        Order of the entries.
    sizes
        Atoms of each entry.
    budget
        Atoms a batch.
    """

    def __init__(self, sampler: Sampler[int] | Sequence[int], sizes: Sequence[int], budget: int) -> None:
        self.sampler = sampler  # Lightning looks for set_epoch here
        self._sizes, self._budget = sizes, budget

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        atoms = 0
        for index in self.sampler:
            if batch and atoms + self._sizes[index] > self._budget:
                yield batch
                batch, atoms = [], 0
            batch.append(index)
            atoms += self._sizes[index]
        if batch:
            yield batch


def _draw(rng: np.random.Generator, group: np.ndarray, share: int) -> np.ndarray:
    rounds = [rng.permutation(group) for _ in range(-(-share // len(group)))]
    return np.concatenate(rounds)[:share] if rounds else group[:0]
