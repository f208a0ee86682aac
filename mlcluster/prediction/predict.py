"""`predict`: structure files become properties with intervals and a verdict on applicability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.errors import MlclusterError, ModelError, said
from mlcluster.graph.reading import ReadCache
from mlcluster.labels.literature.known_values import tables_with
from mlcluster.labels.methods import Channel
from mlcluster.levels.formula.predict import bundled_formula_model
from mlcluster.levels.network import Ensemble, load_ensemble
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.levels.network.ensemble import ATOMS_PER_BATCH, EnsembleOutput
from mlcluster.levels.network.predict import NetworkModel
from mlcluster.prediction.calculated import NETWORK, LevelChoice, calculated, graphs_of, noted, own_calculation_model
from mlcluster.prediction.contributions import charges_of, contributions_of
from mlcluster.prediction.measured_rows import measured_on
from mlcluster.prediction.only_clusters import check_is_cluster, with_graphs
from mlcluster.prediction.prediction import (
    Asked,
    PredictedRows,
    Prediction,
    default_method_first,
    predictions_of,
)
from mlcluster.prediction.prediction_sentences import description, with_answer
from mlcluster.resources import bundled_model_dir, cache_dir
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import TextFile, printable, read_text
from mlcluster.structure.folders import files_within
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
    files: Sequence[str | Path | TextFile] | str | Path,
    *,
    model: str | Path | Ensemble | None = None,
    contributions: bool = False,
    level: str | None = None,
    max_seconds: float | None = None,
    formula: bool = True,
    own: str | Path | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Predict every cluster of structure files.

    Parameters
    ----------
    files
        One file or several, folders of them, also text that is at hand already.
    model
        Directory of a trained model, or a loaded one; None for the bundled model. One of the calculation level takes
        the place of the bundled one of that level.
    contributions
        Whether each row says what the parts of the cluster add to its value; with a model that gives charges of atoms,
        one row of each cluster has them as well.
    level
        ``"formula"``, ``"network"``, ``"calculation"`` or ``"auto"``, as `LevelChoice` has them; None for what the
        environment variable ``MLCLUSTER_LEVEL`` says, else ``"auto"``.
    max_seconds
        Largest estimate of a calculation that is made, also of one that the network corrects; 30 s, with
        ``level="calculation"`` 120 s.
    formula
        Whether the bundled formula model adds the properties that the model does not predict.
    own
        Your own table, from ``mlcluster data add``: its values stand beside those of the literature.
    **options
        As for `mlcluster.read`.

    Returns
    -------
    list[dict[str, Any]]
        Cluster by cluster one dictionary a measured value, where a table knows it (`kind` "measured"), and one a
        property, keys as `Prediction`, the best level first: what a calculation of the capped cluster gives, what the
        network says of the structure and, for the other properties, what its formula tells. The first row of each
        cluster has ``sentences``, the answer in plain words. Where a calculation was asked for and there is none,
        ``not_calculated`` says why. A file that cannot be read or predicted gives ``{"file", "error"}`` in its place.
        Notebooks show the list as words and tables.

    Raises
    ------
    ConfigError
        If there is no such level.
    InputError
        If there is no such table of your own.
    ModelError
        If the model cannot be loaded.
    """
    tables_with(own)  # what is missing or impossible is told before any work is done
    choice: dict[str, Any] = {key: options.pop(key) for key in ("cluster", "strict") if key in options}
    read_options = ReadOptions(**options)
    given = files_within([files] if isinstance(files, str | Path) else files)
    choice_of_level = LevelChoice.of(level, max_seconds, formula)
    calculation = own_calculation_model(model)
    if calculation is not None:
        choice_of_level, model = replace(choice_of_level, model=calculation), None
    ensemble = open_model(model)
    kept = ReadCache(cache_dir())
    rows = PredictedRows()
    for batch in _batches(given, ensemble, kept, read_options, choice, choice_of_level):
        rows += chain.from_iterable(_rows(batch, ensemble, contributions, choice_of_level, own))
    return rows


def predict_clusters(
    clusters: Sequence[Cluster | Anatomy],
    ensemble: Ensemble,
    *,
    file: str = "",
    features: Sequence[ClusterGraph] | None = None,
    contributions: bool = False,
    formula: bool = True,
) -> list[Prediction]:
    """Predictions of clusters in memory, cluster by cluster, the default method of a target first.

    `predict_each`, which has the parameters, gives them as one list a cluster.
    """
    each = predict_each(clusters, ensemble, file=file, features=features, contributions=contributions, formula=formula)
    return list(chain.from_iterable(each))


def predict_each(
    clusters: Sequence[Cluster | Anatomy],
    ensemble: Ensemble,
    *,
    file: str = "",
    features: Sequence[ClusterGraph] | None = None,
    contributions: bool = False,
    formula: bool = True,
    output: EnsembleOutput | None = None,
    level: LevelChoice = NETWORK,
) -> list[list[Prediction]]:
    """Predictions of each cluster in memory, with the intervals that `mlcluster.model.calibration` describes.

    Parameters
    ----------
    clusters
        Any number of them, each alone or with its anatomy.
    ensemble
        The model.
    file
        What the rows say they were read from; otherwise the source of each cluster.
    features
        What the model sees of each, where `NetworkModel.features` has made it already.
    contributions
        Whether predictions say what the parts of the cluster add to them.
    formula
        Whether the bundled formula model adds the properties that the network does not predict, or of which it has
        learned from nothing like the cluster.
    output
        What `NetworkModel.output` says of these clusters, where it has been asked already.
    level
        Which levels answer.

    Raises
    ------
    StructureError
        If a cluster cannot become a graph, or is no metal cluster and the model the bundled one.
    """
    if not clusters:
        return []
    anatomies = [Anatomy.of(cluster) for cluster in clusters]
    if level.model is None:  # a model of one's own may have learned from anything
        for anatomy in anatomies:
            check_is_cluster(anatomy, ensemble)
    if level.level == "formula":
        return [default_method_first(_from_formula(anatomy, file, set())) for anatomy in anatomies]
    model = NetworkModel(ensemble)
    asked = [Asked.of(anatomy, file) for anatomy in anatomies]
    told = model.predict(graphs_of(anatomies, ensemble, level) if features is None else features, output)
    shares = contributions_of(anatomies, ensemble.channels, told.details) if contributions else None
    predictions = list(predictions_of(model, "network", asked, told, shares))
    if contributions:
        charges = charges_of(anatomies, told.details)
        predictions = [
            [replace(first, charges=own), *rest] for (first, *rest), own in zip(predictions, charges, strict=True)
        ]
    if formula and level.formula:
        for anatomy, each in zip(anatomies, predictions, strict=True):
            # Beyond what it has learned of a channel, the network replaces no other level.
            known = {prediction.channel for prediction in each if prediction.applicability == "inside"}
            each += _from_formula(anatomy, file, known)
    if level.calculates:
        for number, (anatomy, one) in enumerate(zip(anatomies, asked, strict=True)):
            found, reason = calculated(anatomy, one, level.max_seconds, level.model)
            predictions[number] = [*found, *noted(predictions[number], reason, level.model)]
    return [default_method_first(each) for each in predictions]


def _from_formula(anatomy: Anatomy, file: str, known: set[Channel]) -> list[Prediction]:
    """What the formula tells beyond the channels known from the structure; nothing where it cannot be described."""
    try:
        model = bundled_formula_model()
        features = model.features(anatomy)
        if features is None:
            return []
        (found,) = predictions_of(model, "formula", [Asked.of(anatomy, file)], model.predict([features]))
    except ModelError:
        raise
    except MlclusterError:
        return []
    return [each for each in found if each.channel not in known]


@dataclass
class _File:
    """A file with its clusters, what the model sees of them, and why there are none or not all."""

    name: str
    clusters: list[Anatomy]
    features: list[ClusterGraph]
    errors: tuple[str, ...] = ()


def _batches(
    files: Sequence[str | Path | TextFile],
    ensemble: Ensemble,
    kept: ReadCache,
    options: ReadOptions,
    choice: dict[str, Any],
    level: LevelChoice,
) -> Iterator[list[_File]]:
    """Files as they are read, as many at a time as the networks take at once."""
    batch: list[_File] = []
    for file in files:
        name = file.path if isinstance(file, TextFile) else printable(file)
        try:
            text = file if isinstance(file, TextFile) else read_text(file, options.max_bytes)
            known = kept.read(text, options, **choice)
            clusters, features, errors = with_graphs(known, ensemble, level, name)
            batch.append(_File(name, clusters, features, tuple(map(str, [*known.failed, *errors]))))
        except Exception as error:  # whatever a file brings a parser to raise, it is the failure of that file
            batch.append(_File(name, [], [], (said(error),)))
        if sum(len(anatomy.cluster) for each in batch for anatomy in each.clusters) >= ATOMS_PER_BATCH:
            yield batch
            batch = []
    yield batch


def _rows(
    batch: Sequence[_File], ensemble: Ensemble, contributions: bool, level: LevelChoice, own: str | Path | None
) -> Iterator[list[dict[str, Any]]]:
    """Rows of each file; where one spoils the batch, each is predicted alone."""
    clusters = [cluster for file in batch for cluster in file.clusters]
    features = [each for file in batch for each in file.features]
    try:
        predicted = iter(predict_each(clusters, ensemble, features=features, contributions=contributions, level=level))
    except Exception as error:
        if len(batch) == 1:
            yield [{"file": batch[0].name, "error": each} for each in (*batch[0].errors, said(error))]
        else:
            yield from (rows for file in batch for rows in _rows([file], ensemble, contributions, level, own))
        return
    for file in batch:
        yield [{"file": file.name, "error": error} for error in file.errors]
        for anatomy in file.clusters:
            rows = measured_on(anatomy, file.name, own)
            rows += [replace(prediction, file=file.name).to_dict() for prediction in next(predicted)]
            yield with_answer(rows, description(anatomy))
