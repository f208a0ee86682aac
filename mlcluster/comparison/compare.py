"""`compare`: two clusters become structural differences and property differences with an honest verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.description import describe
from mlcluster.comparison.comparison_answer import answer
from mlcluster.comparison.comparison_sentences import property_sentences, shape_sentences
from mlcluster.comparison.measured import MeasuredValue, check_records, measured_differences, measured_values
from mlcluster.comparison.origin import Origin, origin_of_difference
from mlcluster.comparison.property_differences import PropertyDifference, property_differences, rate_differences
from mlcluster.comparison.structure_rows import structure_rows
from mlcluster.display import Shown
from mlcluster.errors import ConfigError, InputError
from mlcluster.graph.reading import ReadCache
from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.levels.network import Ensemble
from mlcluster.levels.network.predict import NetworkModel
from mlcluster.match.core_sentences import match_sentences
from mlcluster.match.cores import CoreMatch, match_cores
from mlcluster.match.differences import CoreDifferences, core_differences
from mlcluster.match.relation import Relation, relation_between
from mlcluster.prediction.calculated import NETWORK, LevelChoice, graphs_of
from mlcluster.prediction.only_clusters import check_is_cluster
from mlcluster.prediction.predict import open_model, predict_each
from mlcluster.prediction.prediction import Prediction
from mlcluster.resources import cache_dir
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import read_text
from mlcluster.structure.result import ReadOptions

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(Shown):
    """Two clusters side by side.

    Parameters
    ----------
    a, b
        The clusters.
    relation, isomer_kind, sentences, details
        How they are related (and for isomers in what); the answer in words, and everything else worth saying.
    match, core
        Correspondence of their metal-donor cores and what differs between these, or None.
    anatomy
        Description of A and of B, as `mlcluster.inspect` gives it.
    structure
        Rows ``{"quantity", "unit", "a", "b", "difference"}``.
    predictions_a, predictions_b
        Of the two clusters.
    properties
        Differences of the predictions.
    measured
        Published values of either, which take part in nothing.
    origin
        Where the predicted differences come from.
    model
        Short hash of the model.
    """

    a: Cluster
    b: Cluster
    relation: str
    isomer_kind: str
    sentences: tuple[str, ...]
    details: tuple[str, ...]
    match: CoreMatch | None
    core: CoreDifferences | None
    anatomy: tuple[Mapping[str, Any], Mapping[str, Any]]
    structure: tuple[dict[str, Any], ...]
    predictions_a: tuple[Prediction, ...]
    predictions_b: tuple[Prediction, ...]
    properties: tuple[PropertyDifference, ...]
    measured: tuple[MeasuredValue, ...]
    origin: Origin
    model: str = field(default="")

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON."""
        match = self.match
        return {
            "a": self.a.source.path or self.a.name,
            "b": self.b.source.path or self.b.name,
            "relation": self.relation,
            "isomer_kind": self.isomer_kind,
            "rmsd": None if match is None or not len(match.pairs) else match.rmsd,
            "matched_atoms": 0 if match is None else len(match.pairs),
            "donor_rmsd": None if match is None else match.donor_rmsd,
            "matched_donors": 0 if match is None else len(match.donor_pairs),
            "matched_share": 0.0 if match is None else match.share,
            "sentences": list(self.sentences),
            "details": list(self.details),
            "structure": [dict(row) for row in self.structure],
            "properties": [row.to_dict() for row in self.properties],
            "measured": [asdict(value) for value in self.measured],
            "measured_differences": measured_differences(self.measured),
            "contributions": self.origin.to_rows(),
            "predictions": [p.to_dict() for p in (*self.predictions_a, *self.predictions_b)],
            "sources": {name: asdict(c.source) for name, c in (("a", self.a), ("b", self.b))},
            "model": self.model,
            "models": {p.basis: p.model for p in (*self.predictions_a, *self.predictions_b)},
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
    records: tuple[str | None, str | None] = (None, None),
    level: str | None = None,
    max_seconds: float | None = None,
    formula: bool = True,
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
    records
        Compounds of the literature table that A and B are, where the user knows: isomers cannot be told apart by their
        formula.
    level, max_seconds
        As for `mlcluster.predict`.
    **options
        As for `mlcluster.read`, for both files; a pair of values is for A and B.

    Raises
    ------
    ConfigError
        If the relation or the level is none of those known.
    InputError
        If a file holds several clusters and none was picked, or a record is not in the table.
    """
    _check_relation(relation)
    check_records(records)
    choice = LevelChoice.of(level, max_seconds, formula)
    sides = [{key: v[k] if isinstance(v, tuple) else v for key, v in options.items()} for k in (0, 1)]
    kept = ReadCache(cache_dir())
    anatomies = _single(a, sides[0], kept), _single(b, sides[1], kept)
    ensemble = open_model(model)  # what is wrong with the files is told first
    return compare_clusters(*anatomies, ensemble, relation=relation, records=records, level=choice)


def _check_relation(relation: str) -> None:
    if relation not in ("auto", *RELATIONS):
        raise ConfigError("unknown relation.", found=relation, expected=", ".join(("auto", *RELATIONS)))


def _single(file: str | Path, options: dict[str, Any], kept: ReadCache) -> Anatomy:
    choice = {key: options.pop(key) for key in ("cluster", "strict") if key in options}
    chosen = ReadOptions(**options)
    found = kept.read(read_text(file, chosen.max_bytes), chosen, **choice, distinct=True)
    if len(found) == 1 and found.failed:
        # Which of the two was meant, the one that can be read or the one that cannot, is for the user to say.
        hint = "Name the block to compare with --block NAME (block=NAME)."
        raise InputError("a block of the file cannot be read.", file=file, found=found.failed[0], hint=hint)
    if len(found) != 1:
        listed = ", ".join(f"{k}: {x.cluster.name} {x.cluster.formula}" for k, x in enumerate(found[:6], start=1))
        raise InputError(
            "the file holds several clusters.", file=file, found=listed, hint="Pick one with --cluster K (cluster=K)."
        )
    return found[0]


def compare_clusters(
    a: Cluster | Anatomy,
    b: Cluster | Anatomy,
    ensemble: Ensemble,
    *,
    relation: str = "auto",
    records: tuple[str | None, str | None] = (None, None),
    level: LevelChoice = NETWORK,
) -> Comparison:
    """Compare two clusters in memory; parameters as for `compare_files`, `level` as for `predict_each`.

    Each is taken apart once, and the ensemble is asked once for both.
    """
    _check_relation(relation)
    pair = Anatomy.of(a), Anatomy.of(b)
    if level.model is None:  # said before anything is matched or made a graph
        for each in pair:
            check_is_cluster(each, ensemble)
    a, b = pair[0].cluster, pair[1].cluster
    match = match_cores(*pair)
    core = None if match is None else core_differences(match)
    facts = describe(pair[0]), describe(pair[1])
    found = relation_between(a, b, match, core)
    word = found.word if relation == "auto" else relation
    network = NetworkModel(ensemble)
    features = graphs_of(pair, ensemble, level)
    output = network.output(features)
    predictions = predict_each(pair, ensemble, features=features, output=output, level=level)
    origin = origin_of_difference(*pair, ensemble.channels, output)
    same_formula = a.composition == b.composition and a.charge == b.charge
    properties = property_differences(
        *predictions,
        same_formula=same_formula,
        members=origin.members,
        calibrations=network.differences(word),
        calculated=bundled_calculation_model().differences(word) if level.calculates else {},
        borrowed=bundled_calculation_model().borrowed(word) if level.calculates else {},
    )
    properties += rate_differences(*predictions, same_formula=same_formula)
    measured = measured_values(*pair, records)
    details = _structural_sentences(found, relation, match, core, facts)
    details += property_sentences(properties, origin, measured, predictions)
    said = answer((a, b), word, found.reason, properties, measured, predictions)
    return Comparison(
        a=a,
        b=b,
        relation=word,
        isomer_kind=found.kind if word == "isomer" else "",
        sentences=tuple(said),
        details=tuple(details),
        match=match,
        core=core,
        anatomy=facts,
        structure=tuple(structure_rows(*facts)),
        predictions_a=tuple(predictions[0]),
        predictions_b=tuple(predictions[1]),
        properties=tuple(properties),
        measured=tuple(measured),
        origin=origin,
        model=ensemble.short_hash,
    )


def _structural_sentences(
    found: Relation,
    asked: str,
    match: CoreMatch | None,
    core: CoreDifferences | None,
    facts: tuple[dict[str, Any], dict[str, Any]],
) -> list[str]:
    sentences = []
    if asked not in ("auto", found.word):
        sentences.append(f"Taken as {asked}, as asked; the structures alone say {found.word}.")
    if match is not None and core is not None:
        sentences += match_sentences(match, core)
    return sentences + shape_sentences(*facts)
