"""The verb ``evaluate`` for a configuration of the formula level: every family held out in turn, beside baselines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.levels.run_config import TrainConfig
from mlcluster.training.evaluate import table_rows
from mlcluster.training.formula.arms import held_out_arms
from mlcluster.training.formula.fit import family_error
from mlcluster.training.formula.hashing import rows_hash
from mlcluster.training.formula.rates import compare_rates
from mlcluster.training.formula.rows import configured_rows
from mlcluster.training.formula.train import SPLIT, open_formula_run
from mlcluster.training.record import log_held_out
from mlcluster.training.scoring import ArmPredictions
from mlcluster.training.train import ending

RATES_SPLIT = "leave-one-family-out where yield and lifetime are known"
_BOTH = ("quantum_yield:measured", "lifetime:measured")


def evaluate_formula(
    config: TrainConfig,
    resume: str | None = None,
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Hold out every family in turn, with each seed of ``evaluate.seeds``.

    A seed starts the search for hyperparameters; nothing else is left to chance. Where quantum yield and lifetime are
    both asked for, a second split compares them with yields and lifetimes that come through the two rates.

    Parameters
    ----------
    config, resume, project, tracking_uri, tags
        As for `train_formula`.

    Returns
    -------
    As `mlcluster.evaluate`, with ``mae_in_model_space`` in each row: the mean absolute error in eV, logit or decades,
    each family weighing the same. It is what models are chosen by.
    """
    channels = configured_rows(config.formula)
    _, run = open_formula_run(config, "evaluate", rows_hash(channels), resume, project, tracking_uri, tags)
    candidates, seeds = config.formula.chosen_from, config.evaluate.seeds
    named = {rows.channel: rows for rows in channels}
    with ending(run):
        table: list[dict[str, Any]] = []
        by_seed = [[arm for rows in channels for arm in held_out_arms(rows, seed, candidates)] for seed in seeds]
        parts = [(SPLIT, by_seed)]
        if set(_BOTH) <= set(named):
            yields, lifetimes = (named[channel] for channel in _BOTH)
            parts.append((RATES_SPLIT, [compare_rates(yields, lifetimes, seed, candidates) for seed in seeds]))
        for split, arms_by_seed in parts:
            for seed, arms in zip(seeds, arms_by_seed, strict=True):
                if arms:
                    log_held_out(run, f"{split} seed {seed}", arms, f"{split}, seed {seed}", seed=seed)
            table += [
                row
                | {"mae_in_model_space": float(np.mean([_model_space_error(arms[number]) for arms in arms_by_seed]))}
                for number, row in enumerate(table_rows(split, arms_by_seed))
            ]
        run.log_json(table, "table.json")
    return {"run_id": run.id, "folds": {}, "table": table}


def _model_space_error(arm: ArmPredictions) -> float:
    return family_error(arm.predicted - arm.label, np.array(arm.families))
