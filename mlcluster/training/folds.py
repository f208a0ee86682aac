"""Held-out predictions of trained members: what intervals and scores are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.graph import GraphCache
from mlcluster.model import Ensemble, PropertyModel, build_model
from mlcluster.training.baselines import BASELINES
from mlcluster.training.config import TrainConfig
from mlcluster.training.member import MemberJob
from mlcluster.training.scoring import ArmPredictions, Array, baseline_predictions, family_rmse, labelled_with_value
from mlcluster.training.state import read_tensors

NETWORK = "network"
"""Name of the ensemble among the arms."""


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Members that share what is held out of them.

    Parameters
    ----------
    name
        What is held out, for tables.
    jobs
        One a member.
    """

    name: str
    jobs: tuple[MemberJob, ...]

    @property
    def test(self) -> tuple[str, ...]:
        """Entries held out of every member."""
        return self.jobs[0].split.test


def make_fold(name: str, directory: Path, splits: Sequence[Split], *, seed: int) -> Fold:
    """Plan one member for each split; their states lie under `directory`."""
    return Fold(
        name=name,
        jobs=tuple(
            MemberJob(directory=directory / f"member_{k}", split=split, seed=1000 * seed + k)
            for k, split in enumerate(splits)
        ),
    )


class FoldReader:
    """Reads trained members back and predicts with them.

    Parameters
    ----------
    items
        All entries of the run.
    config
        Of the run.
    cache
        Directory of the graph cache.
    """

    def __init__(self, items: Sequence[LabelledCluster], config: TrainConfig, cache: Path) -> None:
        self._items = {item.entry: item for item in items}
        self._config, self._cache = config, GraphCache(cache)

    def members(self, fold: Fold) -> list[PropertyModel]:
        """Networks of a fold at their best epoch."""
        models = []
        for job in fold.jobs:
            model = build_model(self._config.model)
            model.load_state_dict(read_tensors(job.directory, "best"))
            models.append(model.eval())
        return models

    def residual_scale(self, fold: Fold) -> dict[str, float]:
        """Error of each member on the validation family it did not fit, model space, families weighing the same.

        That family chose the member's best epoch and nothing else, so the error is a little too small, while it is that
        of a single member and so a little too large for the ensemble. A channel without validation labels takes the
        spread of its labels.
        """
        members = self.members(fold)
        scales = {}
        for column, channel in enumerate(self._config.model.channels):
            errors: list[Array] = []
            families: list[str] = []
            for job, member in zip(fold.jobs, members, strict=True):
                rows, truth = labelled_with_value(self._take(job.split.validation), channel)
                if rows:
                    errors.append(self._predict([member], rows)[0][:, column] - truth)
                    # A family that stopped two members counts twice, as two trials.
                    families += [f"{item.family} {job.directory.name}" for item in rows]
            if errors:
                scales[channel] = family_rmse(np.concatenate(errors), families)
            else:
                scales[channel] = float(labelled_with_value(list(self._items.values()), channel)[1].std())
        return scales

    def arms(self, fold: Fold) -> Iterator[ArmPredictions]:
        """Predictions of the network and of each baseline for the same held-out rows, each channel in turn."""
        members, scales = self.members(fold), self.residual_scale(fold)
        tested = set(fold.test)
        learned = [item for entry, item in self._items.items() if entry not in tested]
        for column, channel in enumerate(self._config.model.channels):
            rows, truth = labelled_with_value(self._take(fold.test), channel)
            if not rows:
                continue
            mean, spread = self._predict(members, rows)
            yield ArmPredictions(
                arm=NETWORK,
                channel=channel,
                entries=tuple(item.entry for item in rows),
                families=tuple(item.family or "" for item in rows),
                label=truth,
                predicted=mean[:, column],
                sigma=np.hypot(spread[:, column], scales[channel]),
            )
            for arm, fitter in BASELINES.items():
                yield baseline_predictions(arm, fitter, channel, learned, rows)

    def _take(self, entries: Sequence[str]) -> list[LabelledCluster]:
        return [self._items[entry] for entry in entries]

    def _predict(self, members: Sequence[PropertyModel], rows: Sequence[LabelledCluster]) -> tuple[Array, Array]:
        graphs = self._cache.convert([item.cluster for item in rows], self._config.model.cutoff)
        output = Ensemble(members).predict(graphs)
        return output.mean.double().numpy(), output.spread.double().numpy()
