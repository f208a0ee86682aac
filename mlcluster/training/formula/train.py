"""The verb ``train`` for a configuration of the formula level: from the literature table to a model with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlcluster.errors import ConfigError
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.formula import FormulaModel, save_formula_model
from mlcluster.model.formula.card import write_formula_card
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.environment import environment
from mlcluster.training.formula.arms import held_out_arms
from mlcluster.training.formula.fit import fit_channel
from mlcluster.training.formula.hashing import rows_hash
from mlcluster.training.formula.rows import configured_rows
from mlcluster.training.record import log_held_out, none_for_nan, open_run
from mlcluster.training.train import TrainResult, ending

SPLIT = "leave-one-family-out"


def train_formula(
    config: TrainConfig,
    resume: str | None = None,
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> TrainResult:
    """Fit every channel, judge it on families it has not seen, and keep everything in one run.

    Parameters
    ----------
    config
        With ``level: formula``.
    resume, project, tracking_uri, tags
        As for `mlcluster.train`; such a run takes minutes and is not resumed.

    Raises
    ------
    ConfigError
        If a run is to be resumed.
    """
    channels = configured_rows(config.formula)
    digest = rows_hash(channels)
    store, run = open_formula_run(config, "train", digest, resume, project, tracking_uri, tags)
    candidates = config.formula.chosen_from
    with ending(run):
        arms = [arm for rows in channels for arm in held_out_arms(rows, config.seed, candidates)]
        metrics = none_for_nan(log_held_out(run, SPLIT, arms, "each family held out in turn", seed=config.seed))
        model = FormulaModel(
            channels={rows.channel: fit_channel(rows, config.seed, candidates) for rows in channels},
            training={
                "run_id": run.id,
                "data_hash": digest,
                "config": config.formula.model_dump(mode="json"),
                "seed": config.seed,
                "environment": environment(),
                "metrics": metrics,
            },
        )
        directory = save_formula_model(model, store.directory / "models" / run.id)
        write_formula_card(model, directory)
        run.log_file(directory, "model")
        run.set_tags({"mlcluster.model_hash": model.hash})
    return TrainResult(run_id=run.id, model=directory, metrics=metrics)


def open_formula_run(
    config: TrainConfig,
    kind: str,
    data_hash: str,
    resume: str | None,
    project: str | Path | None,
    tracking_uri: str | None,
    tags: Mapping[str, str] | None,
) -> tuple[RunStore, Run]:
    """Start a run of the formula level.

    Raises
    ------
    ConfigError
        If a run is to be resumed.
    """
    if resume is not None:
        raise ConfigError("a run of the formula level is not resumed.", found=resume, hint="Start a new one.")
    store = RunStore(project, tracking_uri)
    return store, open_run(store, config, kind, data_hash, [], None, tags)
