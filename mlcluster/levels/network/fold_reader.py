"""Held-out predictions of trained members: what intervals and scores are made of."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch_geometric.data import Data

from mlcluster.anatomy import Anatomy
from mlcluster.data.labelled import LabelledCluster
from mlcluster.graph import GraphCache
from mlcluster.levels.baselines import (
    BASELINES,
    Array,
    Fitter,
    Predictor,
    baseline_predictions,
    labelled_with_value,
)
from mlcluster.levels.descriptor_process import balanced_rows
from mlcluster.levels.network.descriptor_model import Member, build_member
from mlcluster.levels.network.embedding_gp import fit_embedding_gp
from mlcluster.levels.network.ensemble import Ensemble, EnsembleOutput
from mlcluster.levels.network.features import LatentSpace, representatives
from mlcluster.levels.network.known_fields import known_fields
from mlcluster.levels.network.member import MemberJob
from mlcluster.levels.network.predict import NETWORK
from mlcluster.levels.network.training_state import read_best
from mlcluster.levels.protocol import Fold
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.calibration import Calibration, fit_calibration
from mlcluster.model.domain import CRITERIA, STATED, describe_domain, domain_distances, findings, ligand_classes
from mlcluster.model.held_out import HeldOut, with_fold
from mlcluster.model.intervals import with_intervals

EMBEDDING_GP = "GP on embedding"
"""Name of the Gaussian process on the embedding of the ensemble."""

MOST_EMBEDDED = 300
"""Entries, in equal shares of families, that it is fitted to."""


def member_jobs(folds: Sequence[Fold], directory: Path) -> dict[str, tuple[MemberJob, ...]]:
    """Members to train for each fold, by its name; their states lie under `directory`."""
    return {
        fold.name: tuple(
            MemberJob(directory=directory / f"fold_{number}" / f"member_{k}", split=split, seed=1000 * fold.seed + k)
            for k, split in enumerate(fold.splits)
        )
        for number, fold in enumerate(folds)
    }


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
    jobs
        Members of each fold.
    """

    def __init__(
        self,
        items: Sequence[LabelledCluster],
        config: TrainConfig,
        cache: Path,
        jobs: Mapping[str, Sequence[MemberJob]],
    ) -> None:
        self._items = {item.entry: item for item in items}
        self._config, self._cache, self._jobs = config, GraphCache(cache), jobs
        self._classes: dict[str, set[str]] = {}
        self._fields = known_fields(config)

    def members(self, fold: Fold) -> list[Member]:
        """Members of a fold, networks at their best epoch."""
        models = []
        for job in self._jobs[fold.name]:
            model = build_member(self._config.model)
            model.load_state_dict(read_best(job.directory))
            models.append(model.eval())
        return models

    def calibration(self, fold: Fold) -> dict[str, Calibration]:
        """Calibration of each channel on the families that the members stopped on and did not fit.

        A family chose the best epoch of its members and nothing else, so residuals are a little too small, while they
        are those of the members that stopped on it, often a single one, and so a little too large for the ensemble. A
        channel without labels there has none, and a member that fitted no label of a channel takes no part in its.
        """
        trained = list(zip(fold.splits, self.members(fold), strict=True))
        found = {}
        for column, channel in enumerate(self._config.model.channels):
            stopped: dict[tuple[str, ...], list[Member]] = {}
            for split, member in trained:
                if _with_labels(self.take(split.train), channel):
                    stopped.setdefault(split.validation, []).append(member)
            residuals: list[Array] = []
            spreads: list[Array] = []
            families: list[str] = []
            for entries, members in stopped.items():
                rows, truth = labelled_with_value(self.take(entries), channel)
                if rows:
                    output = self._predict(members, rows)
                    residuals.append(truth - output.mean[:, column].double().numpy())
                    spreads.append(output.spread[:, column].double().numpy())
                    families += [item.family or "" for item in rows]
            if families:
                found[channel] = fit_calibration(np.concatenate(residuals), np.concatenate(spreads), families)
        return found

    def stopped_on(self, fold: Fold) -> HeldOut:
        """Predictions of the entries that members stopped on, each by those that did not fit it; without intervals.

        They chose the best epoch and nothing else: models may be chosen by them, and are judged by others. A member
        that fitted no label of a channel takes no part in its rows.
        """
        trained = list(zip(fold.splits, self.members(fold), strict=True))
        entries = tuple(dict.fromkeys(entry for split in fold.splits for entry in split.validation))
        tables = []
        for column, channel in enumerate(self._config.model.channels):
            knowing = [
                (set(split.validation), member)
                for split, member in trained
                if labelled_with_value(self.take(split.train), channel)[0]
            ]
            together: dict[tuple[int, ...], list[LabelledCluster]] = {}
            for item in labelled_with_value(self.take(entries), channel)[0]:
                numbers = tuple(k for k, (side, _) in enumerate(knowing) if item.entry in side)
                together.setdefault(numbers, []).append(item)
            for numbers, rows in together.items():
                if numbers:
                    tables.append(self._without_intervals([knowing[k][1] for k in numbers], rows, column))
        return with_fold(HeldOut.joined(tables), fold.seed, fold.left_out)

    def _without_intervals(self, members: Sequence[Member], rows: Sequence[LabelledCluster], column: int) -> HeldOut:
        channel, output = self._config.model.channels[column], self._predict(members, rows)
        return HeldOut.of(
            NETWORK,
            channel,
            [item.entry for item in rows],
            [item.family or "" for item in rows],
            labelled_with_value(rows, channel)[1],
            output.mean[:, column].double().numpy(),
            spread=output.spread[:, column].double().numpy(),
            members=output.members[:, :, column].double().numpy().T,
        )

    def domain(self, fold: Fold) -> dict[str, Any]:
        """Describe what the members of a fold have learned from, and for each channel the part with its labels.

        That part has its own latent space: what the features say of clusters with a gap tells nothing of how far an
        emission reaches. A channel of which the fold has learned nothing has no part.
        """
        learned = self.learned(fold)
        parts = {key: _with_labels(learned, key) for key in self._config.model.channels}
        few = {key: [rows[k] for k in representatives(_families(rows))] for key, rows in parts.items() if rows}
        shown = list({item.entry: item for rows in few.values() for item in rows}.values())
        latent = self._embedded(self.members(fold), shown).double().numpy()
        place = {item.entry: number for number, item in enumerate(shown)}
        channels = {}
        for key, rows in few.items():
            space = LatentSpace.of(latent[[place[item.entry] for item in rows]], _families(rows))
            channels[key] = self._described(parts[key]) | {"embedding": space.to_json()}
        return self._described(learned) | {"channels": channels}

    def _described(self, rows: Sequence[LabelledCluster]) -> dict[str, Any]:
        for item in rows:
            if item.entry not in self._classes:
                self._classes[item.entry] = ligand_classes(Anatomy(item.cluster))
        classes = [self._classes[item.entry] for item in rows]
        return describe_domain([item.cluster for item in rows], _families(rows), classes)

    def learned(self, fold: Fold) -> list[LabelledCluster]:
        """Entries that a member of the fold fits or stops on."""
        known = fold.learned
        return [item for entry, item in self._items.items() if entry in known]

    def held_out(self, fold: Fold, *, calibrate: bool = True) -> HeldOut:
        """Predictions of the network and of each baseline for the same held-out rows, each channel in turn.

        A channel of which the fold has learned nothing has no rows.

        Parameters
        ----------
        fold
            Whose members are trained.
        calibrate
            Whether intervals rest on what this fold alone knows; without, `HeldOut.half` is NaN, for rows whose
            intervals the other folds decide, and for a channel without labels to calibrate on.
        """
        return with_fold(HeldOut.joined(self._held_out(fold, calibrate)), fold.seed, fold.left_out)

    def _held_out(self, fold: Fold, calibrate: bool) -> Iterator[HeldOut]:
        members, domains = self.members(fold), self.domain(fold)["channels"]
        calibration = self.calibration(fold) if calibrate else {}
        learned = self.learned(fold)
        fitters = dict(BASELINES)
        if self._config.evaluate.embedding_gp:
            fitters[EMBEDDING_GP] = self._embedding_gp(members)
        test = self.take(fold.test)
        anatomies = {item.entry: Anatomy(item.cluster) for item in test}
        for column, channel in enumerate(self._config.model.channels):
            rows, truth = labelled_with_value(test, channel)
            if not rows or not labelled_with_value(learned, channel)[0]:
                continue
            output, domain = self._predict(members, rows), domains[channel]
            space = LatentSpace.from_json(domain["embedding"])
            latent = space.distance(output.embedding.double().numpy()).tolist()
            far = [
                domain_distances(findings(anatomies[item.entry], domain, distance))
                for item, distance in zip(rows, latent, strict=True)
            ]
            network = HeldOut.of(
                NETWORK,
                channel,
                [item.entry for item in rows],
                [item.family or "" for item in rows],
                truth,
                output.mean[:, column].double().numpy(),
                spread=output.spread[:, column].double().numpy(),
                distance=np.stack(far),
                members=output.members[:, :, column].double().numpy().T,
            )
            known = calibration.get(channel)
            yield network if known is None else with_intervals(network, known, STATED)
            # Baselines have no latent space, but the same elements, sizes and charges.
            distance = np.where(np.array(CRITERIA) == "latent distance", np.nan, network.distance)
            for name, fitter in fitters.items():
                baseline = baseline_predictions(name, fitter, channel, learned, rows, calibrate=calibrate)
                yield replace(baseline, distance=distance)

    def _embedding_gp(self, members: Sequence[Member]) -> Fitter:
        """Fitter of a Gaussian process on what the members make of a structure, as they are now."""

        def fitter(items: Sequence[LabelledCluster], labels: Array) -> Predictor:
            few = balanced_rows([item.family or "" for item in items], MOST_EMBEDDED)
            chosen = [items[k] for k in few]
            known = self._embedded(members, chosen).numpy()
            families = [item.family or "" for item in chosen]
            return lambda others: fit_embedding_gp(
                known, labels[few], self._predict(members, others).embedding.numpy(), families
            )[0]

        return fitter

    def take(self, entries: Sequence[str]) -> list[LabelledCluster]:
        """Entries by their names."""
        return [self._items[entry] for entry in entries]

    def _predict(self, members: Sequence[Member], rows: Sequence[LabelledCluster]) -> EnsembleOutput:
        return Ensemble(members).predict(self.graphs(rows))

    def _embedded(self, members: Sequence[Member], rows: Sequence[LabelledCluster]) -> Tensor:
        """Features of the members, for which known levels will do."""
        return Ensemble(members).predict(self.graphs(rows, known_levels=True)).embedding

    def graphs(self, rows: Sequence[LabelledCluster], *, known_levels: bool = False) -> list[Data]:
        """Graphs of entries, from the cache, with their calculation where the networks correct one.

        Levels belong to the labels: only what is learned from may bring them, and nothing is scored by them.
        """
        graphs = self._cache.convert([item.cluster for item in rows], self._config.model.cutoff)
        if self._fields is None or (self._config.model.frontier == "hamiltonian" and not known_levels):
            return graphs
        graphs = [copy.copy(graph) for graph in graphs]
        for graph, item in zip(graphs, rows, strict=True):
            for name, value in self._fields(item).items():
                graph[name] = value
        return graphs


def _families(rows: Sequence[LabelledCluster]) -> list[str]:
    return [item.family or "" for item in rows]


def _with_labels(items: Sequence[LabelledCluster], channel: str) -> list[LabelledCluster]:
    """Entries with a label of a channel; a bound teaches as well."""
    return [item for item in items if any(record.channel.key == channel for record in item.labels)]
