"""`NetworkTask`: ensembles planned, trained and judged on what was held out of them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from mlcluster.data.checking import compare_structures, report_text, short_report, summary, usable
from mlcluster.data.data_card import data_card, data_hash
from mlcluster.data.failures import noting
from mlcluster.data.families import key_of
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import families_in_turn, learning_from
from mlcluster.levels.network.charge_fit import check_charges
from mlcluster.levels.network.charge_scores import charge_scores
from mlcluster.levels.network.elsewhere import train_elsewhere
from mlcluster.levels.network.ensemble import Ensemble, EnsembleMetadata
from mlcluster.levels.network.entries import (
    check_folds,
    evaluation_splits,
    left_out_in_turn,
    member_splits,
    prepare_items,
)
from mlcluster.levels.network.fold_reader import FoldReader, member_jobs
from mlcluster.levels.network.known_fields import with_known_fields
from mlcluster.levels.network.member import train_members
from mlcluster.levels.network.predict import NETWORK, NetworkModel
from mlcluster.levels.network.starting_weights import check_start
from mlcluster.levels.network.training_state import MemberBars
from mlcluster.levels.protocol import ENTRIES_HASH, Fold, Judged, Learned, Work
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.calibration import Calibration, difference_key
from mlcluster.model.domain import STATED, fit_thresholds
from mlcluster.model.held_out import HeldOut
from mlcluster.model.intervals import calibration_of, cross_calibrated, with_intervals
from mlcluster.model.related_pairs import calibrate_differences, related_pairs
from mlcluster.tracking.logged_tables import VALIDATION

TEST_SETS = {
    "family": "held-out families",
    "random": "random split, which leaks",
    "official": "held out as the authors of the source did",
    "stored": "held out as the stored split says",
}
"""What is said of the entries held out, by the kind of split."""


class NetworkTask:
    """Training of ensembles as a configuration asks for it.

    Parameters
    ----------
    config
        Data, split, network and schedule.
    verb
        "train": an ensemble and, where residuals are to come from leaving families out, one for each family;
        "evaluate": one for each part and seed; "check": as "train", but for `described` alone.

    Raises
    ------
    DataError
        For data that cannot be learned from.
    """

    documents: dict[str, str]

    def __init__(self, config: TrainConfig, verb: str) -> None:
        self._config = config
        with noting(strict=config.data.strict) as self.noted:
            self._items = usable(prepare_items(config), config.model.cutoff)
            compare_structures(self._items)
        if verb != "check":
            self._items = with_known_fields(self._items, config)
        if config.model.atom_charges:
            check_charges(self._items)
        plan = _evaluate_folds if verb == "evaluate" else _train_folds
        self.folds = tuple(plan(config, self._items))
        check_folds(self.folds, self._items, config.model.channels)
        splits = [split for fold in self.folds for split in fold.splits]
        self.data_hash = data_hash(self._items, splits)
        check_start(config, self._items, splits, self.data_hash)
        self._entries_hash = data_hash(self._items)
        self.tags = {ENTRIES_HASH: self._entries_hash}
        self.documents = {"data_card.md": data_card(self._items, config.model.channels, self._entries_hash)}
        told = report_text(self.noted)
        if told:
            self.documents["data_report.md"] = told
            if verb != "check":
                print(short_report(self.noted, len(self._items)), file=sys.stderr)

    def described(self) -> dict[str, Any]:
        """What `mlcluster data validate` says of the entries."""
        return summary(self._items, self.noted)

    def fit(self, work: Work) -> Learned:
        """Train the ensembles; calibrate and judge the first on what was held out of it and the others."""
        self._train(work, work.trained, self.folds)
        config, (main, *others) = self._config, self.folds
        reader = self._reader(work)
        calibration = {} if others else reader.calibration(main)
        differences: dict[str, Calibration] = {}
        domain, tested = reader.domain(main), set(main.test)
        thresholds: dict[str, dict[str, Any]] = dict.fromkeys(domain["channels"], STATED | {"origin": "stated"})
        domain["family_keys"] = sorted({key_of(item) for item in self._items if item.entry not in tested})
        origin = "members on the validation family each of them did not fit"
        held_out = []
        if others:
            own_entries = {item.entry for item in self._items} - tested
            table = _of_entries(reader, others, own_entries)
            own = table.of_models(NETWORK)
            thresholds |= {part.key: fit_thresholds(part.distance, part.family.tolist()) for part in own.parts()}
            calibration = {part.key: calibration_of(part, thresholds[part.key]) for part in own.parts()}
            differences = self._differences(own)
            table = table.each(lambda part: cross_calibrated(part, thresholds[part.key]))
            charges = self._charges(reader, others, own_entries)
            split, title, origin = _in_turn(config)
            held_out.append(Judged(split=split, title=title, table=table, charges=charges))
        if main.test:
            table = reader.held_out(main).each(
                lambda part: (
                    with_intervals(part, calibration[part.key], thresholds[part.key])
                    if part.name == NETWORK and part.key in calibration
                    else part
                )
            )
            for name, entries in self._test_sets(main).items():
                rows = table.of_entries(entries)
                charges = self._charges(reader, [main], entries)
                held_out.append(Judged(split=name, title=TEST_SETS[config.split.kind], table=rows, charges=charges))
        for channel, own_domain in domain["channels"].items():
            own_domain["thresholds"] = thresholds[channel]
        held_out.append(Judged(split=VALIDATION, title="what members stopped on", table=reader.stopped_on(main)))
        metadata = EnsembleMetadata(
            residual_scale={channel: fitted.floor for channel, fitted in calibration.items()},
            calibration={key: fitted.to_json() for key, fitted in (calibration | differences).items()},
            domain=domain,
            training={
                "residual_scale_origin": origin,
                "sources": dict(Counter(item.source or str(config.data.source) for item in self._items)),
            },
        )
        model = NetworkModel(Ensemble(reader.members(main), metadata))
        return Learned(
            model=model, held_out=held_out, example=min(self._items, key=lambda item: len(item.cluster)).cluster
        )

    def hold_out(self, work: Work) -> Iterator[Judged]:
        """Train the ensemble of each part, and join what the parts say of the rows held out of them.

        A family held out is held out of fitting, of stopping and of the interval: residuals behind the interval come
        from other families.
        """
        reader, by_family = self._reader(work), self._config.split.kind == "family"

        def keep(fold: Fold) -> HeldOut:
            return work.keep(fold, lambda: reader.held_out(fold, calibrate=not by_family))

        self._train(work, keep, self.folds if work.only is None else work.only)
        if work.only is not None:
            return  # intervals rest on all folds
        table = HeldOut.joined(map(keep, self.folds))
        for split, entries in self._scored_together().items():
            rows = table.of_entries(entries)
            if by_family:
                seeds = (rows.rows(rows.seed == seed) for seed in self._config.evaluate.seeds)
                rows = HeldOut.joined(each.each(cross_calibrated) for each in seeds)
            yield Judged(split=split, title=split, table=rows, charges=self._charges(reader, self.folds, entries))

    def _charges(
        self, reader: FoldReader, folds: Sequence[Fold], entries: Collection[str]
    ) -> Mapping[int, Mapping[str, Mapping[str, float]]]:
        return charge_scores(reader, folds, entries) if self._config.model.atom_charges else {}

    def _reader(self, work: Work) -> FoldReader:
        return FoldReader(self._items, self._config, work.cache, member_jobs(self.folds, work.directory))

    def _train(self, work: Work, on_done: Callable[[Fold], object], folds: Sequence[Fold]) -> None:
        """Train every member of these folds, with bars; `on_done` gets each fold while others still are trained."""
        by_fold = member_jobs(self.folds, work.directory)
        jobs, waiting = [job for fold in folds for job in by_fold[fold.name]], list(folds)
        names = [name for fold in folds for name in fold.members]
        bars = MemberBars(names, self._config.fit.epochs)
        with bars:

            def on_progress(members: Sequence[Any]) -> None:
                bars.show(members)
                work.progress(members)
                ended = {job.directory for job, reached in zip(jobs, members, strict=True) if reached.done}
                for fold in [fold for fold in waiting if {job.directory for job in by_fold[fold.name]} <= ended]:
                    waiting.remove(fold)
                    on_done(fold)

            if work.scheduler is None:
                train_members(jobs, self._config, cache=work.cache, on_progress=on_progress)
            else:
                train_elsewhere(jobs, self._config, work, self._entries_hash, on_progress=on_progress)

    def _differences(self, own: HeldOut) -> dict[str, Calibration]:
        """Calibrations of differences between related clusters, by the keys of a model file."""
        if not self._config.paired_intervals:
            return {}
        pairs = related_pairs(self._items)
        return {
            difference_key(part.key, kind): fitted
            for part in own.parts()
            for kind, fitted in calibrate_differences(part, pairs).items()
        }

    def _test_sets(self, main: Fold) -> dict[str, set[str]]:
        """Entries held out of the ensemble that are scored together; the sides of a published split stand apart."""
        if self._config.split.kind != "official":
            return {"test": set(main.test)}
        return _sides([item for item in self._items if item.entry in set(main.test)], "test ")

    def _scored_together(self) -> dict[str, set[str]]:
        """Entries of a cross-validation that are scored together, by the name they have in tables."""
        kind, folds = self._config.split.kind, self._config.evaluate.folds
        if kind == "official":
            return _sides(self._items)
        name = {"family": families_in_turn(folds), "random": "random folds", "stored": "stored split"}[kind]
        return {name: {item.entry for item in self._items}}


def _sides(items: Sequence[LabelledCluster], start: str = "") -> dict[str, set[str]]:
    sides: dict[str, set[str]] = {}
    for item in items:
        sides.setdefault(f"{start}{item.split}", set()).add(item.entry)
    return sides


def _of_entries(reader: FoldReader, folds: Sequence[Fold], entries: Collection[str]) -> HeldOut:
    """Rows of these entries in what each fold holds out; families that the whole run holds out take no part."""
    return HeldOut.joined(reader.held_out(fold, calibrate=False).of_entries(entries) for fold in folds)


def _in_turn(config: TrainConfig) -> tuple[str, str, str]:
    """Name and title of the rows of families held out in turn, and where the residuals behind intervals come from."""
    folds = config.evaluate.folds
    title = "each family held out in turn" if folds is None else f"families held out in {folds} parts"
    how = families_in_turn(folds)
    return how, title, f"{how}: each family predicted by an ensemble that neither fitted nor stopped on it"


def _train_folds(config: TrainConfig, items: Sequence[LabelledCluster]) -> Iterator[Fold]:
    """The ensemble and, where residuals come from leaving families out, one fold a family."""
    seed, members, test = config.seed, config.ensemble.members, config.split.test
    splits = member_splits(items, config, members, test=test, seed=seed)
    main = Fold(seed=seed, left_out=None, name="ensemble", splits=tuple(splits))
    yield main
    if config.residual_scale == "validation families":
        return
    held = set(main.test)
    tested = sorted({item.family or "" for item in items if item.entry in held})
    own = [item for item in items if item.entry not in held]
    for name, families in left_out_in_turn(own, config.evaluate.folds, seed).items():
        splits = member_splits(items, config, config.evaluate.members, test=[*tested, *families], seed=seed)
        yield Fold(seed=seed, left_out=name, name=f"without {name}", splits=tuple(splits))


def _evaluate_folds(config: TrainConfig, items: Sequence[LabelledCluster]) -> Iterator[Fold]:
    for seed in config.evaluate.seeds:
        for name, splits in evaluation_splits(items, config, config.evaluate.members, seed):
            kept = [learning_from(split, items, config.data.learn, seed=config.data.seed) for split in splits]
            yield Fold(seed=seed, left_out=name, name=f"seed {seed} without {name}", splits=tuple(kept))
