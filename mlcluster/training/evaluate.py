"""The verb ``evaluate``: every family held out in turn, beside baselines on the same rows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.data.card_text import data_card
from mlcluster.data.hashing import data_hash
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import learning_from
from mlcluster.labels import Channel
from mlcluster.levels.network.entries import evaluation_splits, prepare_items
from mlcluster.levels.network.starting_weights import check_start
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.tracking import Run, RunStore
from mlcluster.training.fold_record import FoldRecord
from mlcluster.training.fold_rows import chosen_rows
from mlcluster.training.folds import Fold, FoldReader, make_fold
from mlcluster.training.intervals import cross_calibrated
from mlcluster.training.record import ENTRIES_HASH, log_held_out, none_for_nan, open_run
from mlcluster.training.scoring import ArmPredictions, joined
from mlcluster.training.train import ending, train_folds

SPLIT = "leave-one-family-out"


def evaluate(
    config: str | Path | TrainConfig,
    settings: Sequence[str] = (),
    resume: str | None = None,
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Cross-validation with several seeds, in which whole families are held out.

    A family held out is held out of fitting, of stopping and of the interval: residuals behind the interval come from
    other families. Every arm predicts the same rows. Each fold is a child run; what an interruption finds done stays
    done, and `resume` goes on with the rest.

    Parameters
    ----------
    config, settings, project, tracking_uri, tags
        As in `mlcluster.train`. ``evaluate.folds`` shares families out over so many folds in place of one each; with
        ``split.kind: official`` the test sets are those the authors of the source published.
    resume
        Run to go on with; it must have the same configuration and data.

    Returns
    -------
    dict
        ``run_id``, ``folds`` (the run of each by name) and ``table``: a row for each arm, target, method and split with
        its scores over the rows of all folds, averaged over seeds, their spread over seeds in ``mae_sd``, and
        ``seeds``, how many there were.

    Raises
    ------
    ConfigError
        For a wrong configuration or a run that cannot go on.
    DataError
        For data that cannot be learned from.
    """
    config = load_config(config, settings)
    if config.level == "formula":
        from mlcluster.training.formula.evaluate import evaluate_formula

        return evaluate_formula(config, resume, project=project, tracking_uri=tracking_uri, tags=tags)
    config = config.model_copy(update={"split": config.split.model_copy(update={"test": None})})
    items = prepare_items(config)
    planned = _plan(config, items, Path())
    check_start(config.fit.start_from, items, (entry for fold in planned for entry in fold.test))
    digest = data_hash(items, [job.split for fold in planned for job in fold.jobs])
    store = RunStore(project, tracking_uri)
    known = {ENTRIES_HASH: data_hash(items), **(tags or {})}
    run = open_run(store, config, "evaluate", digest, planned, resume, known)
    directory = store.directory / "training" / run.id
    folds = _plan(config, items, directory)
    print(f"run {run.id}; if it is interrupted, --resume {run.id} goes on with it", file=sys.stderr)
    with ending(run):
        run.log_text(data_card(items, config.model.channels, known[ENTRIES_HASH]), "data_card.md")
        reader = FoldReader(items, config, store.directory / "graphs")
        record = FoldRecord(run, folds, directory / "folds", reader, calibrate=config.split.kind != "family")
        targets = [(record.run_of(fold), f"member {k}/") for fold in folds for k in range(len(fold.jobs))]
        train_folds(folds, config, targets, directory, store.directory / "graphs", on_done=record.keep)
        table = _score(run, config, items, folds, record)
        run.log_json(table, "table.json")
    shutil.rmtree(directory)
    return {"run_id": run.id, "folds": record.run_ids(), "table": table}


def _plan(config: TrainConfig, items: Sequence[LabelledCluster], directory: Path) -> list[Fold]:
    folds = []
    for seed in config.evaluate.seeds:
        parts = evaluation_splits(items, config, config.evaluate.members, seed)
        for number, (name, splits) in enumerate(parts):
            place = directory / f"seed_{seed}_fold_{number}"
            kept = [learning_from(split, items, config.data.learn, seed=config.data.seed) for split in splits]
            folds.append(make_fold(f"seed {seed} without {name}", place, kept, seed=seed))
    return folds


def _splits(config: TrainConfig, items: Sequence[LabelledCluster]) -> dict[str, set[str]]:
    """Entries that are scored together, by the name they have in tables."""
    kind, folds = config.split.kind, config.evaluate.folds
    if kind == "official":
        sides: dict[str, set[str]] = {}
        for item in items:
            sides.setdefault(item.split, set()).add(item.entry)
        return sides
    name = SPLIT if folds is None else f"{folds} folds of families"
    return {name if kind == "family" else "random folds": {item.entry for item in items}}


def _score(
    run: Run, config: TrainConfig, items: Sequence[LabelledCluster], folds: Sequence[Fold], record: FoldRecord
) -> list[dict[str, Any]]:
    table = []
    for split, entries in _splits(config, items).items():
        by_seed = []
        for seed in config.evaluate.seeds:
            parts: dict[tuple[str, str], list[ArmPredictions]] = {}
            for fold in folds:
                if fold.name.startswith(f"seed {seed} "):
                    for arm in record.keep(fold):
                        parts.setdefault((arm.channel, arm.arm), []).append(chosen_rows(arm, entries))
            arms = [joined(rows) for rows in parts.values() if sum(len(arm.entries) for arm in rows)]
            if config.split.kind == "family":
                # An interval rests on the residuals of all families but the one it is judged by.
                arms = [cross_calibrated(arm) for arm in arms]
            if arms:
                log_held_out(run, f"{split} seed {seed}", arms, f"{split}, seed {seed}", seed=seed)
                by_seed.append(arms)
        table += table_rows(split, by_seed)
    return table


def table_rows(split: str, by_seed: Sequence[Sequence[ArmPredictions]]) -> list[dict[str, Any]]:
    """Scores of every arm of one split, averaged over seeds."""
    rows = []
    for arms in zip(*by_seed, strict=True):
        channel = Channel.parse(arms[0].channel)
        scores = [arm.scores() for arm in arms]
        mean = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
        mean["mae_sd"] = float(np.std([score["mae"] for score in scores]))
        rows.append(
            {
                "arm": arms[0].arm,
                "target": channel.target,
                "method": channel.method,
                "unit": channel.definition.unit,
                "split": split,
                **none_for_nan(mean),
                "n": int(mean["n"]),
                "seeds": len(scores),
            }
        )
    return rows
