"""The verb ``evaluate``: every family held out in turn, beside baselines on the same rows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.data.hashing import data_hash
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import families_of
from mlcluster.labels import Channel
from mlcluster.tracking import RunStore
from mlcluster.training.config import SplitConfig, TrainConfig, load_config
from mlcluster.training.folds import Fold, FoldReader, make_fold
from mlcluster.training.prepare import prepare_items
from mlcluster.training.record import SCORES, log_held_out, none_for_nan, open_run
from mlcluster.training.scoring import ArmPredictions, joined
from mlcluster.training.train import ending, train_folds

SPLIT = "leave-one-family-out"


def evaluate(
    config: str | Path | TrainConfig,
    settings: Sequence[str] = (),
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
) -> dict[str, Any]:
    """Leave-one-family-out cross-validation with several seeds.

    A family held out is held out of fitting, of stopping and of the interval: residuals behind the interval come from
    other families. Every arm predicts the same rows.

    Parameters
    ----------
    config, settings, project, tracking_uri
        As in `mlcluster.train`.

    Returns
    -------
    dict
        ``run_id`` and ``table``: a row for each arm, target and method with the scores of `SCORES` over the rows of all
        families, averaged over seeds, their spread over seeds in ``mae_sd``, and ``seeds``, how many there were.
    """
    config = load_config(config, settings)
    config = config.model_copy(update={"split": SplitConfig(validation=config.split.validation)})
    items = prepare_items(config)
    planned = _plan(config, items, Path())
    digest = data_hash(items, [job.split for fold in planned for job in fold.jobs])
    store = RunStore(project, tracking_uri)
    run = open_run(store, config, "evaluate", digest, planned, None)
    directory = store.directory / "training" / run.id
    folds = _plan(config, items, directory)
    with ending(run):
        train_folds(folds, config, run, directory, store.directory / "graphs")
        reader = FoldReader(items, config, store.directory / "graphs")
        by_seed = []
        for seed in config.evaluate.seeds:
            arms = _join_folds(reader, [fold for fold in folds if fold.name.startswith(f"seed {seed} ")])
            log_held_out(run, f"{SPLIT} seed {seed}", arms, f"each family held out in turn, seed {seed}")
            by_seed.append(arms)
        table = _table(by_seed)
        run.log_json(table, "table.json")
    shutil.rmtree(directory)
    return {"run_id": run.id, "table": table}


def _plan(config: TrainConfig, items: Sequence[LabelledCluster], directory: Path) -> list[Fold]:
    return [
        make_fold(
            f"seed {seed} without {family}",
            directory / f"seed_{seed}_fold_{number}",
            items,
            config,
            members=config.evaluate.members,
            test=[family],
            seed=seed,
        )
        for seed in config.evaluate.seeds
        for number, family in enumerate(families_of(items))
    ]


def _join_folds(reader: FoldReader, folds: Sequence[Fold]) -> list[ArmPredictions]:
    parts: dict[tuple[str, str], list[ArmPredictions]] = {}
    for fold in folds:
        for arm in reader.arms(fold):
            parts.setdefault((arm.channel, arm.arm), []).append(arm)
    return [joined(arms) for arms in parts.values()]


def _table(by_seed: Sequence[Sequence[ArmPredictions]]) -> list[dict[str, Any]]:
    rows = []
    for arms in zip(*by_seed, strict=True):
        channel = Channel.parse(arms[0].channel)
        scores = [arm.scores() for arm in arms]
        mean = {name: float(np.mean([score[name] for score in scores])) for name in SCORES}
        mean["mae_sd"] = float(np.std([score["mae"] for score in scores]))
        rows.append(
            {
                "arm": arms[0].arm,
                "target": channel.target,
                "method": channel.method,
                "unit": channel.definition.unit,
                "split": SPLIT,
                **none_for_nan(mean),
                "n": int(mean["n"]),
                "seeds": len(scores),
            }
        )
    return rows
