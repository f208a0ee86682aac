"""Differences scored on a recorded run: its held-out predictions, the pairs of its data, and a positive control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.comparison.calibration import KINDS
from mlcluster.comparison.nearest import nearest_neighbours
from mlcluster.comparison.related import RelatedPair, related_pairs
from mlcluster.comparison.scoring import (
    HeldOut,
    PairRows,
    bootstrap,
    calibrate_arm,
    held_out_arms,
    pair_rows,
    risk_coverage,
    scores,
)
from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError
from mlcluster.labels.channels import Channel
from mlcluster.labels.methods import METHODS
from mlcluster.model.calibration import Calibration
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import read_predictions
from mlcluster.training.config import load_config
from mlcluster.training.prepare import prepare_items

ALL = "all kinds"
NETWORK = "network"

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
        A row for each channel, kind of pair, arm and kind of interval, with the interval of each score under
        ``NAME_low`` and ``NAME_high``.
    curves
        Risk-coverage points by channel, arm and kind of interval, all kinds of pairs together.
    control
        A row an arm: what it says of the positive control.
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
    """Score predicted differences on all pairs of relatives in the data of a run, each predicted without its family.

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
    config = load_config_of(store, record.id)
    items = prepare_items(config)
    arms = [arm for arm in held_out_arms(table[wanted]) if is_computed_energy(arm.channel)]
    for channel in dict.fromkeys(arm.channel for arm in arms):
        arms.append(nearest_neighbours(items, channel))
    pairs = related_pairs(items)
    return score_arms(arms, pairs, items, run_id=record.id, data_hash=record.tags.get("mlcluster.data_hash", ""))


def load_config_of(store: RunStore, run_id: str) -> Any:
    """Configuration of a recorded run."""
    from mlcluster.training.config import TrainConfig

    return load_config(TrainConfig.model_validate(store.find(run_id).read_json("config.json")))


def is_computed_energy(channel: str) -> bool:
    """Whether a channel is a gap, ionization energy or electron affinity from a calculation."""
    parsed = Channel.parse(channel)
    return parsed.target in ENERGIES and not METHODS[parsed.method].measured


def score_arms(
    arms: Sequence[HeldOut],
    pairs: Sequence[RelatedPair],
    items: Sequence[LabelledCluster],
    *,
    run_id: str = "",
    data_hash: str = "",
) -> PairScores:
    """Score the differences of each arm; parameters as `PairScores` and `mlcluster.comparison.scoring` name them."""
    table: list[dict[str, Any]] = []
    curves: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    calibrations: dict[str, dict[str, Calibration]] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for arm in arms:
        for rows in pair_rows(arm, pairs):
            curves[arm.channel, arm.arm, rows.interval] = risk_coverage(rows)
            for kind in (ALL, *KINDS):
                chosen = rows if kind == ALL else rows.of_kind(kind)
                if chosen.pairs:
                    table.append(_score_row(chosen, kind))
        if arm.arm == NETWORK:
            calibrations[arm.channel] = calibrate_arm(arm, pairs)
            for pair in pairs:
                if pair.a in arm.index and pair.b in arm.index:
                    key = arm.channel, pair.family, pair.kind
                    counts[key] = counts.get(key, 0) + 1
    if not table:
        raise DataError("no two relatives have a label by the same method.", found=len(pairs), expected="a pair")
    control = [row for arm in arms if (row := control_row(arm, items)) is not None]
    return PairScores(run_id, data_hash, table, curves, control, calibrations, counts)


def _score_row(rows: PairRows, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = {"channel": rows.channel, "kind": kind, "arm": rows.arm, "interval": rows.interval}
    limits = bootstrap(rows)
    for name, value in scores(rows).items():
        row[name] = value
        if name not in ("pairs", "families"):
            row[f"{name}_low"], row[f"{name}_high"] = limits[name]
    return row


def control_row(arm: HeldOut, items: Sequence[LabelledCluster]) -> dict[str, Any] | None:
    """What an arm says of the positive control, errors as independent: the two are no relatives."""
    ends = []
    for composition, charge in CONTROL:
        fitting = [
            item.entry
            for item in items
            if item.cluster.composition == composition and item.cluster.charge == charge and item.entry in arm.index
        ]
        if not fitting:
            return None
        ends.append(arm.index[min(fitting)])
    a, b = ends
    half = float(np.hypot(arm.half[a], arm.half[b]))
    difference = float(arm.predicted[b] - arm.predicted[a])
    return {
        "channel": arm.channel,
        "arm": arm.arm,
        "label": float(arm.label[b] - arm.label[a]),
        "predicted": difference,
        "half_width": half,
        "resolved": bool(abs(difference) > half),
    }
