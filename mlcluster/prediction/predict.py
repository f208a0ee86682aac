"""`predict`: structure files become properties with intervals and a verdict on applicability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from mlcluster.errors import MlclusterError
from mlcluster.graph import convert
from mlcluster.graph.convert import build_graph
from mlcluster.graph.reading import ReadCache
from mlcluster.labels.channels import Channel
from mlcluster.model import Ensemble, load_ensemble
from mlcluster.model.ensemble import LEVEL, Z_LEVEL
from mlcluster.prediction.applicability import reasons_outside
from mlcluster.resources import bundled_model_dir, cache_dir
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import read_text
from mlcluster.structure.result import ReadOptions


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One property of one cluster by one method.

    Parameters
    ----------
    file, cluster, formula
        What was predicted.
    target, method, unit
        Which property; `value`, `lower` and `upper` are in `unit`.
    level
        Nominal level of the interval.
    applicability, reasons
        ``"inside"`` or ``"outside"`` of what the model has seen, and why outside.
    model
        Short hash of the model.
    """

    file: str
    cluster: str
    formula: str
    target: str
    method: str
    value: float
    unit: str
    lower: float
    upper: float
    level: float
    applicability: str
    reasons: tuple[str, ...]
    model: str

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON."""
        return asdict(self) | {"reasons": list(self.reasons)}


def open_model(model: str | Path | Ensemble | None) -> Ensemble:
    """The ensemble itself, the one saved in a directory, or the bundled one.

    Raises
    ------
    ModelError
        If the directory holds no readable model.
    """
    if isinstance(model, Ensemble):
        return model
    return load_ensemble(bundled_model_dir() if model is None else Path(model))


def predict(
    files: Sequence[str | Path] | str | Path, *, model: str | Path | Ensemble | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Predict every cluster of structure files.

    Parameters
    ----------
    files
        One file or several.
    model
        Directory of a trained model, or a loaded one; None for the bundled model.
    options
        As for `mlcluster.read`.

    Returns
    -------
    One dictionary a cluster and property, keys as `Prediction`, the default method of a target first; a file that
    cannot be read or predicted gives ``{"file", "error"}`` in its place.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    ensemble = open_model(model)
    given = [files] if isinstance(files, str | Path) else files
    kept = ReadCache(cache_dir())
    choice = {key: options.pop(key) for key in ("cluster", "strict") if key in options}
    read_options = ReadOptions(**options)
    rows: list[dict[str, Any]] = []
    for file in given:
        try:
            known = kept.read(read_text(file), read_options, **choice)
            graphs = [build_graph(each.cluster, ensemble.config.cutoff, each.valence_electrons) for each in known]
            found = predict_clusters([each.cluster for each in known], ensemble, file=str(file), graphs=graphs)
            rows += [prediction.to_dict() for prediction in found]
        except MlclusterError as error:
            rows.append({"file": str(file), "error": str(error)})
    return rows


def predict_clusters(
    clusters: Sequence[Cluster], ensemble: Ensemble, *, file: str = "", graphs: Sequence[Data] | None = None
) -> list[Prediction]:
    """Predictions of clusters in memory, cluster by cluster, channel by channel.

    `predict_each` gives them as one list a cluster.
    """
    return list(chain.from_iterable(predict_each(clusters, ensemble, file=file, graphs=graphs)))


def predict_each(
    clusters: Sequence[Cluster], ensemble: Ensemble, *, file: str = "", graphs: Sequence[Data] | None = None
) -> list[list[Prediction]]:
    """Predictions of each cluster in memory.

    The half-width of an interval is 1.645 times the root of the squared spread among members plus the squared
    error on held-out families, both in model space.

    Parameters
    ----------
    clusters
        Any number of them.
    ensemble
        The model.
    file
        What the rows say they were read from; otherwise the source of each cluster.
    graphs
        Their graphs, where they have been made with the model's cutoff already.

    Raises
    ------
    StructureError
        If a cluster cannot become a graph.
    """
    if not clusters:
        return []
    if graphs is None:
        graphs = [convert(cluster, ensemble.config.cutoff) for cluster in clusters]
    output = ensemble.predict(graphs)
    mean, spread = output.mean.double().numpy(), output.spread.double().numpy()
    predictions: list[list[Prediction]] = []
    for row, cluster in enumerate(clusters):
        predictions.append([])
        reasons = tuple(reasons_outside(cluster, ensemble.metadata.domain))
        for column, key in enumerate(ensemble.channels):
            channel = Channel.parse(key)
            half = Z_LEVEL * float(np.hypot(spread[row, column], ensemble.metadata.residual_scale.get(key, np.inf)))
            value, lower, upper = _in_unit(channel, mean[row, column], half)
            predictions[-1].append(
                Prediction(
                    file=file or str(cluster.source.path or ""),
                    cluster=cluster.name,
                    formula=cluster.formula,
                    target=channel.target,
                    method=channel.method,
                    value=value,
                    unit=channel.definition.unit,
                    lower=lower,
                    upper=upper,
                    level=LEVEL,
                    applicability="outside" if reasons else "inside",
                    reasons=reasons,
                    model=ensemble.short_hash,
                )
            )
    return predictions


def _in_unit(channel: Channel, mean: NDArray | float, half: float) -> tuple[float, float, float]:
    """Value and interval in the target's unit, kept inside what the target can be."""
    target = channel.definition
    lower, upper = target.interval_from_model(mean - half, mean + half)
    low, high = target.bounds
    value, lower, upper = np.clip([float(target.from_model(mean)), float(lower), float(upper)], low, high).tolist()
    return value, lower, upper
