"""`NetworkModel`: an ensemble of networks with its calibrations and its domain, as a model of a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.levels.network.checkpoint import load_ensemble, save_ensemble
from mlcluster.levels.network.cluster_graph import ClusterGraph, with_shares_of_clusters
from mlcluster.levels.network.ensemble import Ensemble, EnsembleOutput
from mlcluster.levels.network.features import LatentSpace
from mlcluster.levels.protocol import LevelOutput
from mlcluster.model.calibration import NOTHING_HELD_OUT, Calibration, stored_calibration
from mlcluster.model.domain import reasons_outside
from mlcluster.model.related_pairs import stored_differences
from mlcluster.model.scores import better_than_mean
from mlcluster.structure.cluster import Cluster

NETWORK = "network"
"""Name of the ensemble among models and baselines."""


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """An ensemble as a model of a level.

    Parameters
    ----------
    ensemble
        Networks and what training says about them.
    """

    ensemble: Ensemble

    @classmethod
    def load(cls, directory: str | Path) -> NetworkModel:
        """Read a model."""
        return cls(load_ensemble(directory))

    @property
    def channels(self) -> tuple[str, ...]:
        """Outputs in the order of the columns."""
        return self.ensemble.channels

    @property
    def domain(self) -> Mapping[str, Any]:
        """What training saw, of each channel under ``channels``."""
        return self.ensemble.metadata.domain

    def domain_of(self, channel: str) -> Mapping[str, Any]:
        """What training saw of the entries with labels of a channel; empty where that is not recorded."""
        return self.domain.get("channels", {}).get(channel, {})

    @property
    def hash(self) -> str:
        """SHA-256 over configuration, metadata and weights."""
        return self.ensemble.hash

    def calibration(self, channel: str) -> Calibration:
        """From the spread over the members to an interval."""
        metadata = self.ensemble.metadata
        return stored_calibration(channel, metadata.calibration, metadata.residual_scale)

    def differences(self, relation: str) -> dict[str, Calibration]:
        """Calibrations of differences between clusters so related."""
        return stored_differences(self.channels, self.ensemble.metadata.calibration, relation)

    def informative(self, channel: str) -> bool | None:
        """Whether it knows more of a channel than the mean, by its own held-out scores; None where it has none."""
        return better_than_mean(self.ensemble.metadata.metrics, channel, NETWORK)

    def features(self, cluster: Cluster | Anatomy) -> ClusterGraph:
        """The cluster with its graph, of the capped cluster where the model has learned from those.

        Raises
        ------
        StructureError
            If the cluster cannot become a graph.
        CalculationError
            If the network corrects a calculation and there is none.
        """
        return ClusterGraph.of(cluster, self.ensemble.config)

    def output(self, items: Sequence[ClusterGraph]) -> EnsembleOutput:
        """What the ensemble says of clusters, its shares by the atoms of the clusters that were asked about."""
        return with_shares_of_clusters(self.ensemble.predict([item.graph for item in items], kept=True), items)

    def predict(self, items: Sequence[ClusterGraph], output: EnsembleOutput | None = None) -> LevelOutput:
        """Predict clusters; what `output` gives of them, which may be known before, is in the details."""
        if output is None:
            output = self.output(items)
        by_channel = self._reasons([item.seen for item in items], output)
        not_capped = [(item.reason,) if item.reason else () for item in items]
        return LevelOutput(
            mean=output.mean.double().numpy(),
            spread=output.spread.double().numpy(),
            reasons=[[own + reasons[number] for reasons in by_channel] for number, own in enumerate(not_capped)],
            notes=[item.note for item in items],
            details=output,
        )

    def _reasons(self, anatomies: Sequence[Anatomy], output: EnsembleOutput) -> list[list[tuple[str, ...]]]:
        """For each channel and cluster the reasons why the prediction is an extrapolation."""
        embedding = output.embedding.double().numpy()
        judged: dict[int, list[tuple[str, ...]]] = {}
        found = []
        for channel in self.channels:
            domain = self.domain_of(channel)
            # Channels of a model with one domain for all share it, and the work.
            if id(domain) not in judged:
                distances: Sequence[float | None] = [None] * len(anatomies)
                if domain.get("embedding"):
                    distances = LatentSpace.from_json(domain["embedding"]).distance(embedding).tolist()
                rows = zip(anatomies, distances, strict=True)
                judged[id(domain)] = [reasons_outside(anatomy, domain, far) for anatomy, far in rows]
            uncalibrated = self.calibration(channel).kind == "none"
            more = (f"no interval is known: {NOTHING_HELD_OUT}",) if uncalibrated else ()
            found.append([reasons + more for reasons in judged[id(domain)]])
        return found

    def recorded(self, record: Mapping[str, Any]) -> NetworkModel:
        """The model with the record of its run."""
        metadata, known = self.ensemble.metadata, dict(record)
        own = {"data_hash": known.pop("data_hash"), "metrics": known.pop("metrics")}
        metadata = replace(metadata, **own, training={**known, **metadata.training})
        return NetworkModel(Ensemble(self.ensemble.members, metadata))

    def save(self, directory: Path) -> Path:
        """Write the model to a directory and return that."""
        return save_ensemble(self.ensemble, directory)
