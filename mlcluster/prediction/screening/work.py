"""The work of one reader: bytes -> clusters -> graphs -> predictions, for one part at a time, on one thread."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from mlcluster import __version__
from mlcluster.anatomy import Anatomy
from mlcluster.data.families import family_key
from mlcluster.errors import MlclusterError, ModelError
from mlcluster.graph.reading import ReadCache
from mlcluster.levels.network import Ensemble
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.prediction.calculated import NETWORK, LevelChoice
from mlcluster.prediction.only_clusters import with_graphs
from mlcluster.prediction.predict import Prediction, open_model, predict_each
from mlcluster.prediction.screening.parts import Item
from mlcluster.structure.cluster import Cluster, Source
from mlcluster.structure.files import text_of
from mlcluster.structure.formats import parse_xyz
from mlcluster.structure.read import read_parsed
from mlcluster.structure.result import ReadOptions, Results


@dataclass(frozen=True, kw_only=True)
class Job:
    """Items to predict together, and how.

    Parameters
    ----------
    items
        In their order: it decides the batches, and so the last digits.
    model, model_hash
        Directory of the model, None for the bundled one, and the hash it must have.
    version
        Of this package; a reader of another version refuses.
    options
        How files are read, but for charge and multiplicity, which are those of each item.
    cache
        Where what was read of whole files is kept; None keeps nothing.
    level
        Which levels answer.
    """

    items: tuple[Item, ...]
    model: str | None
    model_hash: str
    version: str = __version__
    options: ReadOptions = field(default_factory=ReadOptions)
    cache: str | None = None
    level: LevelChoice = NETWORK


@dataclass(frozen=True, kw_only=True)
class Screened:
    """One cluster of an item, with its predictions in the order `predict` gives them."""

    cluster: Cluster
    family: str
    predictions: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one item: its clusters, and why there are none or not all."""

    clusters: tuple[Screened, ...] = ()
    error: str | None = None


def run_job(job: Job) -> list[Outcome]:
    """Outcome of every item; what goes wrong with one costs no other.

    Raises
    ------
    ModelError
        If this reader has another model or another version of the package.
    """
    ensemble = _ensemble(job.model, job.model_hash, job.version)
    cache = ReadCache(None if job.cache is None else Path(job.cache))
    known: list[list[Anatomy]] = []
    features: list[list[ClusterGraph]] = []
    errors: list[tuple[str, ...]] = []
    with _one_thread():
        for item in job.items:
            try:
                read = _read(item, job.options, cache)
                found, made, refused = with_graphs(read, ensemble, job.level, item.file)
            except Exception as error:  # whatever a file brings a parser to raise, it is the failure of that file
                found, made = [], []
                errors.append((_message(error, item),))
            else:
                errors.append(tuple(_message(error, item) for error in [*read.failed, *refused]))
            known.append(found)
            features.append(made)
        clusters = [each for found in known for each in found]
        flat = [each for made in features for each in made]
        results = iter(_predictions(clusters, flat, ensemble, job.level))
        return [
            _outcome(item, found, error, results) for item, found, error in zip(job.items, known, errors, strict=True)
        ]


def _read(item: Item, options: ReadOptions, cache: ReadCache) -> Results[Anatomy]:
    if item.error is not None:
        raise ItemError(item.error)
    options = replace(options, charge=item.charge, multiplicity=item.multiplicity)
    if item.whole:
        (crystal,), _ = parse_xyz(item.data.decode(), item.file)
        cluster = Cluster(
            numbers=crystal.numbers,
            positions=crystal.coordinates,
            charge=crystal.charge,
            multiplicity=crystal.multiplicity,
            labels=crystal.labels,
            name=item.name,
            source=Source(path=item.file),
            declared_ligands=crystal.declared_ligands,
        )
        return Results([Anatomy(cluster)])
    if item.frame is None:
        return cache.read(text_of(item.file, io.BytesIO(item.data), options.max_bytes), options)
    # A frame is cheap to parse, and there may be millions: they are not kept.
    name = item.file.removesuffix(".gz")
    file = text_of(name, io.BytesIO(item.data))
    results = read_parsed(file, replace(options, block=None), frame=item.frame)
    return Results([Anatomy(result.cluster) for result in results])


class ItemError(MlclusterError):
    """There is nothing to read, for a reason known before."""


def _predictions(
    clusters: list[Anatomy], features: list[ClusterGraph], ensemble: Ensemble, level: LevelChoice
) -> list[list[Prediction] | str]:
    """Predictions of each cluster, or what prevents them: where one spoils the batch, each is predicted alone."""
    try:
        return list(predict_each(clusters, ensemble, features=features, level=level))
    except Exception as error:
        if len(clusters) == 1:
            return [_message(error)]
    return [
        each
        for cluster, own in zip(clusters, features, strict=True)
        for each in _predictions([cluster], [own], ensemble, level)
    ]


def _outcome(
    item: Item, known: list[Anatomy], errors: tuple[str, ...], results: Iterator[list[Prediction] | str]
) -> Outcome:
    screened = []
    for each in known:
        predictions = next(results)
        if isinstance(predictions, str):
            errors = (*errors, predictions)
            continue
        family = item.family or family_key(each)
        rows = [prediction.to_dict() for prediction in predictions]
        screened.append(Screened(cluster=each.cluster, family=family, predictions=rows))
    return Outcome(clusters=tuple(screened), error="; ".join(errors) or None)


def _message(error: Exception, item: Item | None = None) -> str:
    text = str(error) if isinstance(error, MlclusterError) else f"unexpected {type(error).__name__}: {error}"
    return text if item is None or item.file in text else f"{item.file}: {text}"


@lru_cache(maxsize=1)
def _ensemble(model: str | None, expected: str, version: str) -> Ensemble:
    if version != __version__:
        raise ModelError("this worker has another version of mlcluster.", found=__version__, expected=version)
    ensemble = open_model(model)
    if ensemble.hash != expected:
        raise ModelError(
            "this worker has another model.",
            file=model or "bundled model",
            found=ensemble.short_hash,
            expected=expected[:12],
            hint="The model's directory has to be the same for all workers, and must not change during a screen.",
        )
    return ensemble


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in one order only, whatever the machine: more threads would change the last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
