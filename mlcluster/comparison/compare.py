"""`compare`: two clusters become structural differences and property differences with an honest verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import erf, sqrt
from pathlib import Path
from typing import Any

from mlcluster.anatomy.inspection import describe
from mlcluster.comparison.structure import kernel_sentences, match_sentence, structure_rows
from mlcluster.errors import ConfigError, InputError
from mlcluster.labels.channels import Channel
from mlcluster.match.cores import CoreMatch, match_cores
from mlcluster.match.relation import relation_between
from mlcluster.model import Ensemble
from mlcluster.model.ensemble import LEVEL, Z_LEVEL
from mlcluster.prediction.predict import Prediction, open_model, predict_clusters
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.read import read
from mlcluster.units import interval_text, number_text

RELATIONS = (
    "isomer",
    "defect",
    "doping",
    "ligand exchange",
    "charge state",
    "mirror image",
    "identical",
    "related",
    "unrelated",
)


@dataclass(frozen=True, kw_only=True)
class PropertyDifference:
    """Difference B - A of one property; `resolved` when its interval leaves out zero."""

    target: str
    method: str
    unit: str
    a: float
    b: float
    difference: float
    lower: float
    upper: float
    level: float
    p_increase: float
    resolved: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two clusters side by side.

    Parameters
    ----------
    a, b
        The clusters.
    relation, sentences
        How they are related, and everything worth saying in words.
    match
        Correspondence of their metal cores, or None.
    structure
        Rows ``{"quantity", "unit", "a", "b", "difference"}``.
    predictions
        Those of A, then those of B.
    properties
        Differences of the predictions.
    """

    a: Cluster
    b: Cluster
    relation: str
    sentences: tuple[str, ...]
    match: CoreMatch | None
    structure: tuple[dict[str, Any], ...]
    predictions: tuple[Prediction, ...]
    properties: tuple[PropertyDifference, ...]
    model: str = field(default="")

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON."""
        return {
            "a": self.a.source.path or self.a.name,
            "b": self.b.source.path or self.b.name,
            "relation": self.relation,
            "rmsd": None if self.match is None else self.match.rmsd,
            "matched_atoms": 0 if self.match is None else len(self.match.pairs),
            "sentences": list(self.sentences),
            "structure": [dict(row) for row in self.structure],
            "properties": [asdict(row) for row in self.properties],
            "predictions": [prediction.to_dict() for prediction in self.predictions],
            "model": self.model,
        }


def compare(a: str | Path, b: str | Path, **settings: Any) -> dict[str, Any]:
    """Compare the clusters of two structure files; `compare_files` as a plain dictionary."""
    return compare_files(a, b, **settings).to_dict()


def compare_files(
    a: str | Path,
    b: str | Path,
    *,
    relation: str = "auto",
    model: str | Path | Ensemble | None = None,
    **options: Any,
) -> Comparison:
    """Compare the clusters of two structure files.

    Parameters
    ----------
    a, b
        Files that hold one cluster each, or several with ``cluster=K`` given.
    relation
        ``"auto"``, or the relation the user vouches for.
    model
        As for `mlcluster.predict`.
    options
        As for `mlcluster.read`, for both files.

    Raises
    ------
    ConfigError
        If the relation is none of those known.
    InputError
        If a file holds several clusters and none was picked.
    """
    if relation not in ("auto", *RELATIONS):
        raise ConfigError("unknown relation.", found=relation, expected=", ".join(("auto", *RELATIONS)))
    ensemble = open_model(model)
    return compare_clusters(_single(a, options), _single(b, options), ensemble, relation=relation)


def _single(file: str | Path, options: dict[str, Any]) -> Cluster:
    results = [r for r in read(file, **options) if r.mirror_of is None]
    if len(results) != 1:
        listed = ", ".join(f"{k}: {r.cluster.name} {r.cluster.formula}" for k, r in enumerate(results[:6], start=1))
        raise InputError(
            "the file holds several clusters.", file=file, found=listed, hint="Pick one with --cluster K (cluster=K)."
        )
    return results[0].cluster


def compare_clusters(a: Cluster, b: Cluster, ensemble: Ensemble, *, relation: str = "auto") -> Comparison:
    """Compare two clusters in memory."""
    match = match_cores(a, b)
    facts_a, facts_b = describe(a), describe(b)
    found, reason = relation_between(a, b, match)
    sentences = [reason]
    if relation not in ("auto", found):
        sentences.append(f"Taken as {relation}, as asked; the structures alone say {found}.")
    if match is not None:
        sentences.append(match_sentence(a, b, match))
    sentences += kernel_sentences(facts_a["shape"], facts_b["shape"])
    predictions = tuple(predict_clusters([a, b], ensemble))
    half = len(predictions) // 2
    properties = tuple(_difference(p, q) for p, q in zip(predictions[:half], predictions[half:], strict=True))
    sentences += [_property_sentence(row) for row in properties]
    for name, part in (("A", predictions[:half]), ("B", predictions[half:])):
        reasons = dict.fromkeys(reason for p in part for reason in p.reasons)
        if reasons:
            sentences.append(f"{name} lies outside what the model has seen: {'; '.join(reasons)}.")
    return Comparison(
        a=a,
        b=b,
        relation=found if relation == "auto" else relation,
        sentences=tuple(sentences),
        match=match,
        structure=tuple(structure_rows(facts_a, facts_b)),
        predictions=predictions,
        properties=properties,
        model=ensemble.short_hash,
    )


def _difference(a: Prediction, b: Prediction) -> PropertyDifference:
    """Difference of two predictions whose errors are taken as independent, combined in model space.

    For a target that is not modelled as it is reported the interval is carried over by its slope at the mean.
    """
    target = Channel(a.target, a.method).definition
    low_a, high_a = sorted(float(target.to_model(v)) for v in (a.lower, a.upper))
    low_b, high_b = sorted(float(target.to_model(v)) for v in (b.lower, b.upper))
    mean_a, mean_b = float(target.to_model(a.value)), float(target.to_model(b.value))
    half = sqrt(max(high_a - mean_a, mean_a - low_a) ** 2 + max(high_b - mean_b, mean_b - low_b) ** 2)
    step = mean_b - mean_a
    middle = 0.5 * (mean_a + mean_b)
    ends = [
        float(target.from_model(middle + e / 2) - target.from_model(middle - e / 2)) for e in (step - half, step + half)
    ]
    p_model = 0.5 * (1.0 + erf(step / (half / Z_LEVEL) / sqrt(2.0))) if half else float(step > 0)
    rising = ends[1] >= ends[0]
    return PropertyDifference(
        target=a.target,
        method=a.method,
        unit=a.unit,
        a=a.value,
        b=b.value,
        difference=b.value - a.value,
        lower=min(ends),
        upper=max(ends),
        level=LEVEL,
        p_increase=p_model if rising else 1.0 - p_model,
        resolved=abs(step) > half,
    )


def _property_sentence(row: PropertyDifference) -> str:
    step = number_text(row.difference, row.unit, signed=True)
    interval = interval_text(row.lower, row.upper, row.unit)
    verdict = "resolved" if row.resolved else "not resolved"
    return (
        f"{row.target} ({row.method}): {step} {row.unit}, {row.level:.0%} interval {interval}: {verdict}. "
        "The two errors are combined as independent."
    )
