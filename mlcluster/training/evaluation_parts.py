"""Parts of a cross-validation that tasks of a job array do, and that one call without a part gathers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError
from mlcluster.levels.protocol import Fold, Task, Work
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.held_out import HeldOut
from mlcluster.runs import Share, content_hash, held, write_whole
from mlcluster.tracking import RunStore

_LOCK = ".lock-"


def parts_directory(store: RunStore, config: TrainConfig, data_hash: str, started_from: str | None) -> Path:
    """Where all parts of one cross-validation work: of the same configuration, data and model to begin with.

    Names of runs and the number of processes, which may differ between machines, change no result.
    """
    content = config.model_dump(mode="json", exclude={"name": True, "experiment": True, "ensemble": {"workers"}})
    return store.directory / "training" / f"parts-{content_hash([content, data_hash, started_from])[:16]}"


def do_part(task: Task, share: Share, directory: Path, cache: Path) -> dict[str, Any]:
    """Train the folds of a part and keep what they say of the rows held out of them.

    Parameters
    ----------
    task
        The whole cross-validation.
    share
        Which of its folds.
    directory
        Of all parts, from `parts_directory`.
    cache
        Directory of the graph cache.

    Returns
    -------
    dict
        ``part``, ``done``, names of the folds of this part, and ``left``, of those that no part has done yet.

    Raises
    ------
    ConfigError
        If another process does this part, or one that shares folds with it.
    """
    rows = KeptRows(task.folds, directory)
    folds = share.taken(task.folds)
    with contextlib.ExitStack() as stack:
        for fold in folds:
            # Fold by fold: a part of 8 and one of 10 may have some in common.
            if not stack.enter_context(held(rows.lock(fold))):
                raise ConfigError("another process does this part.", file=directory, site=fold.name, found=str(share))
        for _ in task.hold_out(Work(directory=directory, cache=cache, keep=rows, only=folds)):
            pass
    left = [fold.name for fold in task.folds if not rows.has(fold)]
    return {"part": str(share), "done": [fold.name for fold in folds], "left": left}


@contextlib.contextmanager
def gathering(task: Task, directory: Path) -> Iterator[None]:
    """Hold all parts for the block, so that none works on what is gathered.

    Raises
    ------
    ConfigError
        If one is at work.
    """
    rows = KeptRows(task.folds, directory)
    with contextlib.ExitStack() as stack:
        for fold in task.folds:
            if directory.is_dir() and not stack.enter_context(held(rows.lock(fold))):
                hint = "Wait for it; the same command gathers the parts then."
                raise ConfigError("a part is still at work.", file=directory, site=fold.name, hint=hint)
        yield


class KeptRows:
    """Held-out rows of folds as files, each written once.

    Parameters
    ----------
    folds
        All of a cross-validation.
    directory
        Of the cross-validation.
    """

    def __init__(self, folds: Sequence[Fold], directory: Path) -> None:
        self._numbers: Mapping[str, int] = {fold.name: number for number, fold in enumerate(folds)}
        self._directory = directory / "rows"

    def lock(self, fold: Fold) -> Path:
        """File that whoever works on a fold holds."""
        return self._directory / f"{_LOCK}{self._numbers[fold.name]}"

    def has(self, fold: Fold) -> bool:
        """Whether the rows of a fold are there."""
        return self._place(fold).is_file()

    def __call__(self, fold: Fold, make: Callable[[], HeldOut]) -> HeldOut:
        """Rows of a fold, made only if they are not there."""
        if self.has(fold):
            return HeldOut.from_json(json.loads(self._place(fold).read_text(encoding="utf-8")))
        table = make()
        write_whole(self._place(fold), json.dumps(table.to_json()))
        return table

    def _place(self, fold: Fold) -> Path:
        return self._directory / f"fold_{self._numbers[fold.name]}.json"
