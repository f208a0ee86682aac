"""Held-out predictions of trained members: what intervals and scores are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.graph import GraphCache
from mlcluster.levels.network import Ensemble, EnsembleOutput, PropertyModel, build_model
from mlcluster.levels.network.features import LatentSpace, representatives
from mlcluster.levels.network.member import MemberJob
from mlcluster.levels.network.training_state import read_best
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.calibration import Calibration, fit_calibration
from mlcluster.model.domain import CRITERIA, STATED, describe_domain, findings, ligand_classes, remoteness
from mlcluster.training.baselines import BASELINES, Fitter, Predictor, balanced_rows
from mlcluster.training.embedding_gp import fit_embedding_gp
from mlcluster.training.intervals import with_intervals
from mlcluster.training.scoring import ArmPredictions, Array, baseline_predictions, labelled_with_value

NETWORK = "network"
"""Name of the ensemble among the arms."""

EMBEDDING_GP = "GP on embedding"
"""Name of the Gaussian process on the embedding of the ensemble."""

MOST_EMBEDDED = 300
"""Entries, in equal shares of families, that it is fitted to."""


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

    @property
    def learned(self) -> frozenset[str]:
        """Entries that a member fits or stops on."""
        return frozenset(entry for job in self.jobs for entry in (*job.split.train, *job.split.validation))


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
        self._classes: dict[str, set[str]] = {}

    def members(self, fold: Fold) -> list[PropertyModel]:
        """Networks of a fold at their best epoch."""
        models = []
        for job in fold.jobs:
            model = build_model(self._config.model)
            model.load_state_dict(read_best(job.directory))
            models.append(model.eval())
        return models

    def calibration(self, fold: Fold) -> dict[str, Calibration]:
        """Calibration of each channel on the families that the members stopped on and did not fit.

        A family chose the best epoch of its members and nothing else, so residuals are a little too small, while they
        are those of the members that stopped on it, often a single one, and so a little too large for the ensemble. A
        channel without labels there is calibrated on how far its labels lie from their mean.
        """
        stopped: dict[tuple[str, ...], list[PropertyModel]] = {}
        for job, member in zip(fold.jobs, self.members(fold), strict=True):
            stopped.setdefault(job.split.validation, []).append(member)
        found = {}
        for column, channel in enumerate(self._config.model.channels):
            residuals: list[Array] = []
            spreads: list[Array] = []
            families: list[str] = []
            for entries, members in stopped.items():
                rows, truth = labelled_with_value(self._take(entries), channel)
                if rows:
                    output = self._predict(members, rows)
                    residuals.append(truth - output.mean[:, column].double().numpy())
                    spreads.append(output.spread[:, column].double().numpy())
                    families += [item.family or "" for item in rows]
            if not families:
                rows, truth = labelled_with_value(list(self._items.values()), channel)
                families = [item.family or "" for item in rows]
                residuals, spreads = [truth - truth.mean()], [np.zeros(len(rows))]
            found[channel] = fit_calibration(np.concatenate(residuals), np.concatenate(spreads), families)
        return found

    def domain(self, fold: Fold) -> dict[str, Any]:
        """Describe what the members of a fold have learned from, their latent space included."""
        known = fold.learned
        learned = [item for entry, item in self._items.items() if entry in known]
        families = [item.family or "" for item in learned]
        for item in learned:
            if item.entry not in self._classes:
                self._classes[item.entry] = ligand_classes(item.cluster)
        classes = [self._classes[item.entry] for item in learned]
        few = representatives(families)
        latent = self._predict(self.members(fold), [learned[k] for k in few]).embedding.double().numpy()
        space = LatentSpace.of(latent, [families[k] for k in few])
        described = describe_domain([item.cluster for item in learned], families, classes)
        return described | {"embedding": space.to_json()}

    def arms(self, fold: Fold, *, calibrate: bool = True) -> Iterator[ArmPredictions]:
        """Predictions of the network and of each baseline for the same held-out rows, each channel in turn.

        Parameters
        ----------
        fold
            Whose members are trained.
        calibrate
            Whether intervals rest on what this fold alone knows; without, `ArmPredictions.half` is NaN, for rows whose
            intervals the other folds decide.
        """
        members, domain = self.members(fold), self.domain(fold)
        calibration = self.calibration(fold) if calibrate else {}
        space = LatentSpace.from_json(domain["embedding"])
        known = fold.learned
        learned = [item for entry, item in self._items.items() if entry in known]
        fitters = dict(BASELINES)
        if self._config.evaluate.embedding_gp:
            fitters[EMBEDDING_GP] = self._embedding_gp(members)
        for column, channel in enumerate(self._config.model.channels):
            rows, truth = labelled_with_value(self._take(fold.test), channel)
            if not rows:
                continue
            output = self._predict(members, rows)
            distances = space.distance(output.embedding.double().numpy()).tolist()
            remote = np.stack(
                [
                    remoteness(findings(item.cluster, domain, distance))
                    for item, distance in zip(rows, distances, strict=True)
                ]
            )
            network = ArmPredictions(
                arm=NETWORK,
                channel=channel,
                entries=tuple(item.entry for item in rows),
                families=tuple(item.family or "" for item in rows),
                label=truth,
                predicted=output.mean[:, column].double().numpy(),
                spread=output.spread[:, column].double().numpy(),
                remoteness=remote,
                half=np.full(len(rows), np.nan),
                members=output.members[:, :, column].double().numpy().T,
            )
            yield with_intervals(network, calibration[channel], STATED) if calibrate else network
            # Baselines have no latent space, but the same elements, sizes and charges.
            remote = np.where(np.array(CRITERIA) == "latent distance", np.nan, remote)
            for arm, fitter in fitters.items():
                baseline = baseline_predictions(arm, fitter, channel, learned, rows, calibrate=calibrate)
                yield replace(baseline, remoteness=remote)

    def _embedding_gp(self, members: Sequence[PropertyModel]) -> Fitter:
        """Fitter of a Gaussian process on what the members make of a structure, as they are now."""

        def fitter(items: Sequence[LabelledCluster], labels: Array) -> Predictor:
            few = balanced_rows([item.family or "" for item in items], MOST_EMBEDDED)
            chosen = [items[k] for k in few]
            known = self._predict(members, chosen).embedding.numpy()
            families = [item.family or "" for item in chosen]
            return lambda others: fit_embedding_gp(
                known, labels[few], self._predict(members, others).embedding.numpy(), families
            )[0]

        return fitter

    def _take(self, entries: Sequence[str]) -> list[LabelledCluster]:
        return [self._items[entry] for entry in entries]

    def _predict(self, members: Sequence[PropertyModel], rows: Sequence[LabelledCluster]) -> EnsembleOutput:
        graphs = self._cache.convert([item.cluster for item in rows], self._config.model.cutoff)
        return Ensemble(members).predict(graphs)
