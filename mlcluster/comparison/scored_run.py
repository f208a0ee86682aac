"""Differences scored on a recorded run: its held-out predictions, the pairs of its data, and a positive control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from mlcluster.comparison.pair_scoring import (
    PairRows,
    bootstrap,
    held_out_models,
    pair_rows,
    risk_coverage,
    scores,
)
from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError
from mlcluster.labels.methods import Channel
from mlcluster.levels.baselines import labelled_with_value
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.predict import NETWORK
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.levels.structural_descriptors import structural_descriptors
from mlcluster.model.calibration import Calibration
from mlcluster.model.held_out import HeldOut
from mlcluster.model.related_pairs import KINDS, RelatedPair, calibrate_differences, pairs_predicted, related_pairs
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import read_predictions

ALL = "all kinds"
NEAREST = "nearest neighbour"

ENERGIES = ("gap", "ionization_energy", "electron_affinity")
"""Targets whose differences are scored, all in eV."""

CONTROL = (({"Au": 25, "S": 18, "H": 18}, -1), ({"Au": 38, "S": 24, "H": 24}, 0))
"""Positive control by composition and charge: the gap of the model [Au25(SH)18]- against that of Au38(SH)24."""


@dataclass(frozen=True)
class PairScores:
    """Scores of predicted differences on one run.

    Parameters
    ----------
    run_id, data_hash
        Of the run that predicted.
    table
        A row for each channel, kind of pair, model and kind of interval, with the interval of each score under
        ``NAME_low`` and ``NAME_high``.
    curves
        Risk-coverage points by channel, model and kind of interval, all kinds of pairs together.
    control
        A row per model: what it says of the positive control.
    calibrations
        Of the network, by channel and kind, where families are enough.
    pairs
        Number of pairs by channel, family and kind.
    """

    run_id: str
    data_hash: str
    table: list[dict[str, Any]]
    curves: dict[tuple[str, str, str], list[tuple[float, float]]]
    control: list[dict[str, Any]]
    calibrations: dict[str, dict[str, Calibration]]
    pairs: dict[tuple[str, str, str], int]


def score_run(
    run: str, *, project: str | Path | None = None, tracking_uri: str | None = None, split: str | None = None
) -> PairScores:
    """Score predicted differences on all pairs of related clusters of a run, each predicted without its family.

    Parameters
    ----------
    run
        Id of a run of `mlcluster.train` with ``residual_scale: leave-one-family-out`` or of `mlcluster.evaluate`.
    project, tracking_uri
        As in `mlcluster.train`.
    split
        Which held-out rows, where a run has several kinds; those of families left out when None.

    Raises
    ------
    DataError
        If the run has no prediction for held-out entries of families, or its data hold no pair with two labels.
    """
    store = RunStore(project, tracking_uri)
    records = store.records(ids=[run])
    if not records:
        raise DataError("the store has no such run.", found=run)
    record = records[0]
    table = read_predictions(store, record)
    wanted = table["split"].str.contains("famil") if split is None else table["split"] == split
    if not wanted.any():
        found = sorted(set(table["split"])) or "no held-out prediction"
        raise DataError("this run predicts no entry whose family was held out.", site=run, found=found)
    config = load_config(TrainConfig.model_validate(store.find(record.id).read_json("config.json")))
    items = prepare_items(config)
    models = [part for part in held_out_models(table[wanted]) if is_computed_energy(part.key)]
    for channel in dict.fromkeys(part.key for part in models):
        models.append(nearest_neighbours(items, channel))
    pairs = related_pairs(items)
    return score_models(models, pairs, items, run_id=record.id, data_hash=record.tags.get("mlcluster.data_hash", ""))


def is_computed_energy(channel: str) -> bool:
    """Whether a channel is a gap, ionization energy or electron affinity from a calculation."""
    parsed = Channel.parse(channel)
    return parsed.target in ENERGIES and not parsed.how.measured


def score_models(
    models: Sequence[HeldOut],
    pairs: Sequence[RelatedPair],
    items: Sequence[LabelledCluster],
    *,
    run_id: str = "",
    data_hash: str = "",
) -> PairScores:
    """Score the differences of each model and baseline; parameters as `PairScores` names them."""
    table: list[dict[str, Any]] = []
    curves: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    calibrations: dict[str, dict[str, Calibration]] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for part in models:
        for rows in pair_rows(part, pairs):
            curves[part.key, part.name, rows.interval] = risk_coverage(rows)
            for kind in (ALL, *KINDS):
                chosen = rows if kind == ALL else rows.of_kind(kind)
                if chosen.pairs:
                    table.append(_score_row(chosen, kind))
        if part.name == NETWORK:
            calibrations[part.key] = calibrate_differences(part, pairs)
            for pair in pairs_predicted(part, pairs)[0]:
                key = part.key, pair.family, pair.kind
                counts[key] = counts.get(key, 0) + 1
    if not table:
        raise DataError("no two related clusters have a label by the same method.", found=len(pairs), expected="a pair")
    control = [row for part in models if (row := control_row(part, items)) is not None]
    return PairScores(run_id, data_hash, table, curves, control, calibrations, counts)


def nearest_neighbours(items: Sequence[LabelledCluster], channel: str) -> HeldOut:
    """What a difference has to beat besides the other models: each entry takes the label of its nearest neighbour.

    That is the entry of another family that is nearest in standardised descriptors.

    Parameters
    ----------
    items
        All entries, with labels.
    channel
        ``target:method``.
    """
    rows, labels = labelled_with_value(items, channel)
    features = structural_descriptors(rows)
    families = np.array([item.family or item.entry for item in rows])
    predicted = np.full(len(rows), float(labels.mean()))
    for family in sorted(set(families.tolist())):
        out = families == family
        if out.all():
            continue
        known = features[~out]
        scale = known.std(axis=0)
        scaled = (features - known.mean(axis=0)) / np.where(scale > 1e-9, scale, np.inf)
        _, partner = cKDTree(scaled[~out]).query(scaled[out])
        predicted[out] = labels[~out][partner]
    return HeldOut.of(NEAREST, channel, [item.entry for item in rows], families.tolist(), labels, predicted)


def _score_row(rows: PairRows, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = {"channel": rows.channel, "kind": kind, "arm": rows.arm, "interval": rows.interval}
    limits = bootstrap(rows)
    for name, value in scores(rows).items():
        row[name] = value
        if name not in ("pairs", "families"):
            row[f"{name}_low"], row[f"{name}_high"] = limits[name]
    return row


def control_row(part: HeldOut, items: Sequence[LabelledCluster]) -> dict[str, Any] | None:
    """What a model says of the positive control, errors as independent: the two are not related."""
    index = {entry: row for row, entry in enumerate(part.entry.tolist())}
    ends = []
    for composition, charge in CONTROL:
        fitting = [
            item.entry
            for item in items
            if item.cluster.composition == composition and item.cluster.charge == charge and item.entry in index
        ]
        if not fitting:
            return None
        ends.append(index[min(fitting)])
    a, b = ends
    half = float(np.hypot(part.half[a], part.half[b]))
    difference = float(part.predicted[b] - part.predicted[a])
    return {
        "channel": part.key,
        "arm": part.name,
        "label": float(part.label[b] - part.label[a]),
        "predicted": difference,
        "half_width": half,
        "resolved": bool(abs(difference) > half),
    }
