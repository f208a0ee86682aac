"""`predict`: structure files become properties with intervals and a verdict on applicability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from torch_geometric.data import Data

from mlcluster.errors import MlclusterError, ModelError
from mlcluster.graph import convert
from mlcluster.graph.convert import build_graph
from mlcluster.graph.reading import ReadCache
from mlcluster.labels.channels import Channel
from mlcluster.model import Ensemble, load_ensemble
from mlcluster.model.calibration import stored_calibration
from mlcluster.model.ensemble import ATOMS_PER_BATCH
from mlcluster.prediction.applicability import reasons_of_all
from mlcluster.prediction.contributions import contributions_of
from mlcluster.prediction.formula import predict_formula_of
from mlcluster.prediction.prediction import Prediction, default_method_first, in_unit
from mlcluster.resources import bundled_model_dir, cache_dir
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import read_text
from mlcluster.structure.result import ReadOptions
from mlcluster.tracking.registered_models import located

__all__ = ["Prediction", "open_model", "predict", "predict_clusters", "predict_each"]


def open_model(model: str | Path | Ensemble | None) -> Ensemble:
    """The ensemble itself, the one saved in a directory, that of a run or a registered model, or the bundled one.

    ``runs:/RUN`` and ``models:/NAME@ALIAS`` are looked up in the project's record.

    Raises
    ------
    ModelError
        If the directory holds no readable model.
    InputError
        If the record has no such run or model.
    """
    if isinstance(model, Ensemble):
        return model
    return load_ensemble(bundled_model_dir() if model is None else located(model))


def predict(
    files: Sequence[str | Path] | str | Path,
    *,
    model: str | Path | Ensemble | None = None,
    contributions: bool = False,
    **options: Any,
) -> list[dict[str, Any]]:
    """Predict every cluster of structure files.

    Parameters
    ----------
    files
        One file or several.
    model
        Directory of a trained model, or a loaded one; None for the bundled model.
    contributions
        Whether each row says what the parts of the cluster add to its value.
    options
        As for `mlcluster.read`.

    Returns
    -------
    One dictionary a cluster and property, keys as `Prediction`, the default method of a target first: what the network
    says of the structure and, for the other properties, what its formula tells. A file that cannot be read or predicted
    gives ``{"file", "error"}`` in its place.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    ensemble = open_model(model)
    given = [files] if isinstance(files, str | Path) else files
    kept = ReadCache(cache_dir())
    choice: dict[str, Any] = {key: options.pop(key) for key in ("cluster", "strict") if key in options}
    read_options = ReadOptions(**options)
    rows: list[dict[str, Any]] = []
    for batch in _batches(given, ensemble, kept, read_options, choice):
        rows += chain.from_iterable(_rows(batch, ensemble, contributions))
    return rows


def predict_clusters(
    clusters: Sequence[Cluster],
    ensemble: Ensemble,
    *,
    file: str = "",
    graphs: Sequence[Data] | None = None,
    contributions: bool = False,
    formula: bool = True,
) -> list[Prediction]:
    """Predictions of clusters in memory, cluster by cluster, the default method of a target first.

    `predict_each`, which has the parameters, gives them as one list a cluster.
    """
    each = predict_each(clusters, ensemble, file=file, graphs=graphs, contributions=contributions, formula=formula)
    return list(chain.from_iterable(each))


def predict_each(
    clusters: Sequence[Cluster],
    ensemble: Ensemble,
    *,
    file: str = "",
    graphs: Sequence[Data] | None = None,
    contributions: bool = False,
    formula: bool = True,
) -> list[list[Prediction]]:
    """Predictions of each cluster in memory, with the intervals that `mlcluster.model.calibration` describes.

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
    contributions
        Whether predictions say what the parts of the cluster add to them.
    formula
        Whether the bundled formula model adds the properties that the network does not predict.

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
    metadata = ensemble.metadata
    reasons = reasons_of_all(clusters, metadata.domain, output.embedding.double().numpy())
    outside = np.array([bool(each) for each in reasons])
    shares = contributions_of(clusters, ensemble.channels, output) if contributions else None
    predictions: list[list[Prediction]] = [[] for _ in clusters]
    for column, key in enumerate(ensemble.channels):
        channel = Channel.parse(key)
        calibration = stored_calibration(key, metadata.calibration, metadata.residual_scale)
        half = calibration.half_width(spread[:, column], outside)
        for row, cluster in enumerate(clusters):
            value, lower, upper = in_unit(channel, mean[row, column], half[row])
            predictions[row].append(
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
                    level=calibration.level,
                    applicability="outside" if reasons[row] else "inside",
                    reasons=reasons[row],
                    model=ensemble.short_hash,
                    contributions=None if shares is None else shares[row][column],
                )
            )
    if formula:
        for cluster, each in zip(clusters, predictions, strict=True):
            each += _from_formula(cluster, file, {prediction.channel for prediction in each})
    return [default_method_first(each) for each in predictions]


def _from_formula(cluster: Cluster, file: str, known: set[Channel]) -> list[Prediction]:
    """What the formula tells beyond the channels known from the structure; nothing where it cannot be described."""
    try:
        found = predict_formula_of(cluster)
    except ModelError:
        raise
    except MlclusterError:
        return []
    return [replace(each, file=file or each.file) for each in found if each.channel not in known]


@dataclass
class _File:
    """A file with its clusters and their graphs, or why there are none."""

    name: str
    clusters: list[Cluster]
    graphs: list[Data]
    error: str = ""


def _batches(
    files: Sequence[str | Path], ensemble: Ensemble, kept: ReadCache, options: ReadOptions, choice: dict[str, Any]
) -> Iterator[list[_File]]:
    """Files as they are read, as many at a time as the networks take at once."""
    batch: list[_File] = []
    for file in files:
        try:
            known = kept.read(read_text(file), options, **choice)
            graphs = [build_graph(each.cluster, ensemble.config.cutoff, each.valence_electrons) for each in known]
            batch.append(_File(str(file), [each.cluster for each in known], graphs))
        except MlclusterError as error:
            batch.append(_File(str(file), [], [], str(error)))
        if sum(len(cluster) for each in batch for cluster in each.clusters) >= ATOMS_PER_BATCH:
            yield batch
            batch = []
    yield batch


def _rows(batch: Sequence[_File], ensemble: Ensemble, contributions: bool) -> Iterator[list[dict[str, Any]]]:
    """Rows of each file; where one spoils the batch, each is predicted alone."""
    clusters = [cluster for file in batch for cluster in file.clusters]
    graphs = [graph for file in batch for graph in file.graphs]
    try:
        predicted = iter(predict_each(clusters, ensemble, graphs=graphs, contributions=contributions))
    except MlclusterError as error:
        if len(batch) == 1:
            yield [{"file": batch[0].name, "error": str(error)}]
        else:
            yield from (rows for file in batch for rows in _rows([file], ensemble, contributions))
        return
    for file in batch:
        if file.error:
            yield [{"file": file.name, "error": file.error}]
        found = chain.from_iterable(next(predicted) for _ in file.clusters)
        yield [replace(prediction, file=file.name).to_dict() for prediction in found]
