"""Parts of a screen are brought to disk: handed to readers, gathered, written, counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mlcluster.prediction.screening.gather import Gatherer
from mlcluster.prediction.screening.items import Input, items_of
from mlcluster.prediction.screening.parts import Item, Part
from mlcluster.prediction.screening.readers import Readers, guarded_readers
from mlcluster.prediction.screening.screen_table import Parts
from mlcluster.prediction.screening.shares import parts_of
from mlcluster.prediction.screening.work import Job, Outcome, run_job
from mlcluster.runs import ProcessDied, Share
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.result import ReadOptions


@dataclass
class Progress:
    """Inputs whose rows are on disk; `total` is None for clusters that come one by one."""

    total: int | None = None
    predicted: int = 0
    failed: int = 0
    reused: int = 0
    repeated: int = 0

    @property
    def inputs(self) -> int:
        """Inputs that are done."""
        return self.predicted + self.failed


OnProgress = Callable[[Progress], None]


class HashedItems:
    """The items of a screen, and once they have been taken to the end what each input held.

    Parameters
    ----------
    inputs
        To be taken again only where it is a list.
    options
        How files are read.
    """

    def __init__(self, inputs: Iterable[Input], options: ReadOptions) -> None:
        self._inputs, self._options = inputs, options
        self.hashes: dict[str, dict[str, Any]] = {}
        """For each input how many items there were, and the SHA-256 over what they hold."""

    def __call__(self) -> Iterator[Item]:
        """Items in their order."""
        hashes = self.hashes = {}
        stated = {"charge": self._options.charge, "multiplicity": self._options.multiplicity}
        for each in self._inputs:
            name = "clusters in memory" if isinstance(each, Cluster) else str(each)
            digest, count = hashlib.sha256(), 0
            digest.update(hashes.get(name, {}).get("sha256", "").encode())
            for item in items_of(each, **stated, max_bytes=self._options.max_bytes):
                digest.update(item.content.encode())
                count += 1
                yield item
            hashes[name] = {"items": hashes.get(name, {}).get("items", 0) + count, "sha256": digest.hexdigest()}


@dataclass(kw_only=True)
class Done:
    """What there is after a run.

    Parameters
    ----------
    total
        How many parts the inputs make.
    parts
        Key and number of repeated items of each part that was asked for.
    """

    total: int
    parts: dict[int, tuple[str, int]]


def run_parts(
    form: Callable[[], Iterable[Part]],
    parts: Parts,
    job: Job,
    workers: Readers,
    progress: Progress,
    on_progress: OnProgress | None = None,
    share: Share | None = None,
) -> Done:
    """Bring every part, or those of a share, to disk.

    Parameters
    ----------
    form
        Gives the parts in their order; called again only for a share.
    parts
        Where they go.
    job
        How items are predicted.
    workers
        Who predicts.
    progress, on_progress
        Counts, and who is told after each part.
    share
        What is asked for; all when None.
    """
    gatherer = Gatherer(parts)
    given: dict[int, Part] = {}
    done = Done(total=0, parts={})

    def tell(part: Part, counts: tuple[int, int], reused: bool = False) -> None:
        if part.number not in done.parts:
            return  # another task's, made here because this one's repeat it
        progress.predicted += counts[0]
        progress.failed += counts[1]
        progress.reused += sum(counts) if reused else 0
        if on_progress is not None:
            on_progress(progress)

    def formed() -> Iterator[Part]:
        for part in form():
            done.total = part.number + 1
            yield part

    def jobs() -> Iterator[Job]:
        number = 0
        for part in formed() if share is None else parts_of(share, formed):
            if share is None or share.has(part.number):
                repeated = len(part.items) - len(part.own)
                done.parts[part.number] = (part.key, repeated)
                progress.repeated += repeated
            counts = gatherer.reuse(part)
            if counts is not None:
                tell(part, counts, reused=True)
            elif part.own:
                given[number] = part
                number += 1
                yield replace(job, items=tuple(part.items[k] for k in part.own))
            else:
                for written in gatherer.add(part, []):
                    tell(*written)

    for number, result in workers(run_job, jobs()):
        part = given.pop(number)
        if isinstance(result, ProcessDied):
            result = _one_by_one(replace(job, items=tuple(part.items[k] for k in part.own)))
        for written in gatherer.add(part, result):
            tell(*written)
    for written in gatherer.flush():
        tell(*written)
    return done


def _one_by_one(job: Job) -> list[Outcome]:
    """Outcomes of a part that ended its process: the items that do so fail, the others are predicted without them."""
    guarded = guarded_readers()
    died = Outcome(error="the process that read it died; is it far too large?")
    outcomes = [died] * len(job.items)
    for k, result in guarded(run_job, [replace(job, items=(item,)) for item in job.items]):
        if not isinstance(result, ProcessDied):
            (outcomes[k],) = result
    healthy = [k for k, outcome in enumerate(outcomes) if outcome is not died]
    together = replace(job, items=tuple(job.items[k] for k in healthy))
    for _, result in guarded(run_job, [together] if healthy else []):
        if not isinstance(result, ProcessDied):
            for k, outcome in zip(healthy, result, strict=True):
                outcomes[k] = outcome
    return outcomes
