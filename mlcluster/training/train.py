"""The verb ``train``: one tracked run, from a configuration to a model with intervals."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcluster.data.card_text import data_card
from mlcluster.data.families import key_of
from mlcluster.data.hashing import data_hash
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import families_of
from mlcluster.levels.network import Ensemble, EnsembleMetadata, save_ensemble
from mlcluster.levels.network.entries import member_splits, prepare_items
from mlcluster.levels.network.member import train_members
from mlcluster.levels.network.starting_weights import check_start
from mlcluster.levels.network.training_state import MemberBars
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.model.card_text import write_model_card
from mlcluster.model.domain import STATED, fit_thresholds
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.environment import environment
from mlcluster.training.fold_rows import chosen_rows
from mlcluster.training.folds import NETWORK, Fold, FoldReader, make_fold
from mlcluster.training.intervals import calibration_of, cross_calibrated, pooled_remoteness, with_intervals
from mlcluster.training.model_record import log_model
from mlcluster.training.record import ENTRIES_HASH, HistoryLog, log_held_out, none_for_nan, open_run
from mlcluster.training.scoring import ArmPredictions, joined

TEST_SETS = {
    "family": "held-out families",
    "random": "random split, which leaks",
    "official": "held out as the authors of the source did",
}
"""What is said of the entries held out, by the kind of split."""


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a training run gives.

    Parameters
    ----------
    run_id
        Run in the tracking store.
    model
        Directory of the model.
    metrics
        Held-out scores, ``split/channel/arm/score``; None where a score is not defined.
    """

    run_id: str
    model: Path
    metrics: dict[str, float | None]


def train(
    config: str | Path | TrainConfig,
    settings: Sequence[str] = (),
    resume: str | None = None,
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> TrainResult:
    """Train an ensemble, judge it on families it has not seen, and keep everything in one run.

    Parameters
    ----------
    config
        YAML file, or a config made before.
    settings
        ``key=value`` changes of single values.
    resume
        Run to go on with; it must have the same configuration and data.
    project
        Directory that holds ``.mlcluster/``; see `mlcluster.tracking.project_dir`.
    tracking_uri
        MLflow store to use in place of the project's own.
    tags
        Further tags of a new run.

    Raises
    ------
    ConfigError
        For a wrong configuration or a run that cannot go on.
    DataError
        For data that cannot be learned from.
    """
    config = load_config(config, settings)
    if config.level == "formula":
        from mlcluster.training.formula.train import train_formula

        return train_formula(config, resume, project=project, tracking_uri=tracking_uri, tags=tags)
    items = prepare_items(config)
    # Folds only plan; where their states lie is known once the run is.
    planned = _plan(config, items, Path())
    check_start(config.fit.start_from, items, (entry for fold in planned for entry in fold.test))
    digest = data_hash(items, [job.split for fold in planned for job in fold.jobs])
    store = RunStore(project, tracking_uri)
    known = {ENTRIES_HASH: data_hash(items), **(tags or {})}
    run = open_run(store, config, "train", digest, planned, resume, known)
    directory = store.directory / "training" / run.id
    folds = _plan(config, items, directory)
    print(f"run {run.id}; if it is interrupted, --resume {run.id} goes on with it", file=sys.stderr)
    members = {name: run.child(name, {"mlcluster.kind": "member"}) for fold in folds for name in member_names(fold)}

    def close(fold: Fold) -> None:
        for name in member_names(fold):
            members[name].finish()

    with ending(run):
        run.log_text(data_card(items, config.model.channels, known[ENTRIES_HASH]), "data_card.md")
        train_folds(
            folds,
            config,
            [(member, "") for member in members.values()],
            directory,
            store.directory / "graphs",
            on_done=close,
        )
        result = _finish(run, store, config, items, folds, digest)
    shutil.rmtree(directory)
    return result


def train_folds(
    folds: Sequence[Fold],
    config: TrainConfig,
    targets: Sequence[tuple[Run, str]],
    directory: Path,
    cache: Path,
    on_done: Callable[[Fold], object] | None = None,
) -> None:
    """Train every member of every fold, with bars on standard error and each epoch in the record.

    `targets` has for each member, fold by fold, its run and what its metrics begin with there. `on_done` is called with
    each fold once its members are trained, while others still are.
    """
    jobs = [job for fold in folds for job in fold.jobs]
    names = [name for fold in folds for name in member_names(fold)]
    log, waiting = HistoryLog(targets), list(folds)
    with MemberBars(names, config.fit.epochs) as bars:

        def on_progress(members: Sequence[Any]) -> None:
            bars.show(members)
            log.update(members)
            ended = {job.directory for job, reached in zip(jobs, members, strict=True) if reached.done}
            for fold in [fold for fold in waiting if {job.directory for job in fold.jobs} <= ended]:
                waiting.remove(fold)
                if on_done is not None:
                    on_done(fold)

        train_members(jobs, config, directory=directory, cache=cache, on_progress=on_progress)


def member_names(fold: Fold) -> list[str]:
    """What the members of a fold are called, in bars and as runs."""
    return [f"{fold.name}/member {k}" for k in range(len(fold.jobs))]


class ending:  # noqa: N801 (used as a function)
    """Closes the run as finished, failed or, after Ctrl-C, killed."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._run.finish()
        else:
            self._run.finish("KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED")


def _plan(config: TrainConfig, items: Sequence[LabelledCluster], directory: Path) -> list[Fold]:
    members, test = config.ensemble.members, config.split.test
    splits = member_splits(items, config, members, test=test, seed=config.seed)
    main = make_fold("ensemble", directory / "ensemble", splits, seed=config.seed)
    if config.residual_scale == "validation families":
        return [main]
    held = set(main.test)
    families = [name for name, group in families_of(items).items() if group[0].entry not in held]
    tested = sorted({item.family or "" for item in items if item.entry in held})
    return [main] + [
        make_fold(
            f"without {family}",
            directory / f"fold_{number}",
            member_splits(items, config, config.evaluate.members, test=[*tested, family], seed=config.seed),
            seed=config.seed,
        )
        for number, family in enumerate(families)
    ]


def _finish(
    run: Run,
    store: RunStore,
    config: TrainConfig,
    items: Sequence[LabelledCluster],
    folds: Sequence[Fold],
    digest: str,
) -> TrainResult:
    main, *others = folds
    reader = FoldReader(items, config, store.directory / "graphs")
    metrics: dict[str, float] = {}
    calibration = reader.calibration(main)
    learned = sorted({key_of(item) for item in items if item.entry not in set(main.test)})
    domain = reader.domain(main) | {"family_keys": learned, "thresholds": dict(STATED) | {"origin": "stated"}}
    origin = "members on the validation family each of them did not fit"
    if others:
        arms = _only_own_family(reader, others, set(main.test))
        own = [arm for arm in arms if arm.arm == NETWORK]
        domain["thresholds"] = fit_thresholds(*pooled_remoteness(own))
        arms = [cross_calibrated(arm, domain["thresholds"]) for arm in arms]
        metrics |= log_held_out(run, "leave-one-family-out", arms, "each family held out in turn", seed=config.seed)
        calibration |= {arm.channel: calibration_of(arm, domain["thresholds"]) for arm in own}
        origin = "leave-one-family-out: each family predicted by an ensemble that neither fitted nor stopped on it"
    if main.test:
        arms = [
            with_intervals(arm, calibration[arm.channel], domain["thresholds"]) if arm.arm == NETWORK else arm
            for arm in reader.arms(main)
        ]
        for name, entries in _test_sets(config, items, main).items():
            rows = [chosen for arm in arms if (chosen := chosen_rows(arm, entries)).entries]
            metrics |= log_held_out(run, name, rows, TEST_SETS[config.split.kind], seed=config.seed)
    ensemble = Ensemble(
        reader.members(main),
        EnsembleMetadata(
            residual_scale={channel: fitted.floor for channel, fitted in calibration.items()},
            calibration={channel: fitted.to_json() for channel, fitted in calibration.items()},
            domain=domain,
            data_hash=digest,
            training={
                "run_id": run.id,
                "config": config.model_dump(mode="json"),
                "environment": environment(),
                "residual_scale_origin": origin,
                "sources": dict(Counter(item.source or str(config.data.source) for item in items)),
            },
            metrics=none_for_nan(metrics),
        ),
    )
    model = save_ensemble(ensemble, store.directory / "models" / run.id)
    write_model_card(model)
    log_model(run, model, min(items, key=lambda item: len(item.cluster)).cluster)
    for name in ("floor", "multiplier", "outside_factor", "n_families"):
        run.log_metrics(
            (f"calibration/{channel}/{name}", float(getattr(fitted, name)), 0)
            for channel, fitted in calibration.items()
        )
    run.set_tags({"mlcluster.model_hash": ensemble.hash})
    return TrainResult(run_id=run.id, model=model, metrics=none_for_nan(metrics))


def _test_sets(config: TrainConfig, items: Sequence[LabelledCluster], main: Fold) -> dict[str, set[str]]:
    """Entries held out of the ensemble that are scored together; the sides of a published split stand apart."""
    if config.split.kind != "official":
        return {"test": set(main.test)}
    sides: dict[str, set[str]] = {}
    tested = set(main.test)
    for item in items:
        if item.entry in tested:
            sides.setdefault(f"test {item.split}", set()).add(item.entry)
    return sides


def _only_own_family(reader: FoldReader, folds: Sequence[Fold], tested: set[str]) -> list[ArmPredictions]:
    """Join the folds; families that the whole run holds out take no part in calibration."""
    parts: dict[tuple[str, str], list[ArmPredictions]] = {}
    for fold in folds:
        family = fold.name.removeprefix("without ")
        for arm in reader.arms(fold, calibrate=False):
            parts.setdefault((arm.channel, arm.arm), []).append(arm.of_family(family))
    return [joined(arms) for arms in parts.values()]
