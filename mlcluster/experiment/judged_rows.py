"""Held-out predictions of an experiment's finished runs, and the refusal to mix what cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlcluster.errors import DataError
from mlcluster.experiment.planned_runs import DATA, Progress
from mlcluster.experiment.statistics import Rows
from mlcluster.levels.formula.predict import FORMULA
from mlcluster.levels.network.predict import NETWORK
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import of_all_seeds, read_predictions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A baseline as it stands in tables.

    Parameters
    ----------
    name
        Of its row.
    predictor
        Which baseline it is.
    arms
        Those in whose runs it said the same.
    by_seed
        Its rows.
    """

    name: str
    predictor: str
    arms: tuple[str, ...]
    by_seed: dict[int, Rows]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What every model and baseline says of one channel on one split.

    Parameters
    ----------
    split, channel
        What was held out, and the property.
    arms
        Rows by seed of the network, or the formula level, of each model.
    baselines
        By name; a baseline that learned from other data in other models is there once for each data.
    """

    split: str
    channel: str
    arms: dict[str, dict[int, Rows]]
    baselines: dict[str, Baseline]

    def of(self, name: str) -> dict[int, Rows]:
        """Rows by seed of a model or baseline."""
        return self.arms.get(name) or self.baselines[name].by_seed

    def paired(self, name: str, reference: str) -> tuple[list[Rows], list[Rows]]:
        """Rows of two models for the seeds that both have."""
        one, other = self.of(name), self.of(reference)
        seeds = [seed for seed in one if seed in other]
        return [one[seed] for seed in seeds], [other[seed] for seed in seeds]


def read_held_out(progress: Sequence[Progress], store: RunStore, *, validation: bool = False) -> list[Judged]:
    """Read the held-out predictions of all finished runs, and where they choose those of what members stopped on.

    Raises
    ------
    DataError
        If runs that should have the same data had different ones, or models were judged by different rows; the message
        names runs and difference.
    """
    finished = [each for each in progress if each.state == "finished"]
    _check_data(finished)
    tables = [(each, _rows_of(each, store, validation)) for each in finished]
    found = []
    for split, channel in dict.fromkeys(key for _, rows in tables for key, _ in rows):
        arms: dict[str, dict[int, Rows]] = {}
        others: dict[str, dict[str, dict[int, Rows]]] = {}
        for each, rows in tables:
            own = {predictor: part for (key, predictor), part in rows.items() if key == (split, channel)}
            for predictor, part in own.items():
                if predictor in (NETWORK, FORMULA):
                    arms.setdefault(each.unit.arm.name, {})[each.unit.seed] = part
                else:
                    others.setdefault(predictor, {}).setdefault(each.unit.arm.name, {})[each.unit.seed] = part
        _check_rows(arms, f"{channel} on {split}")
        found.append(
            Judged(split=split, channel=channel, arms=arms, baselines={base.name: base for base in _united(others)})
        )
    return found


def _check_data(finished: Sequence[Progress]) -> None:
    """Runs of one data configuration must have had the same data."""
    seen: dict[str, Progress] = {}
    for each in finished:
        config = each.unit.config
        key = f"{config.data.model_dump_json()} {config.model.channels}"
        first = seen.setdefault(key, each)
        assert each.run is not None and first.run is not None
        now, then = each.run.tags.get(DATA), first.run.tags.get(DATA)
        if now != then:
            raise DataError(
                "runs of this experiment had different data; they cannot stand in one table.",
                found=f"{each.unit.name} (run {each.run.id}) with data {str(now)[:12]}",
                expected=f"{str(then)[:12]}, the data of {first.unit.name} (run {first.run.id})",
                hint="mlcluster experiment run repeats the runs that do not have the data of today.",
            )


def _check_rows(arms: dict[str, dict[int, Rows]], what: str) -> None:
    """Every model must be judged by the same entries, labels and folds."""
    first: dict[int, tuple[str, Rows]] = {}
    for name, by_seed in arms.items():
        for seed, rows in by_seed.items():
            other, reference = first.setdefault(seed, (name, rows))
            difference = _difference(rows, reference)
            if difference:
                raise DataError(
                    f"two models were judged by different rows of {what}, seed {seed}; they cannot be compared.",
                    found=f"{name}: {difference}",
                    expected=f"the rows of {other}",
                )


def _difference(rows: Rows, reference: Rows) -> str | None:
    if rows.entries != reference.entries:
        odd = sorted(set(rows.entries) ^ set(reference.entries))
        return f"{len(odd)} entries of one only, the first is {odd[0]}"
    for field in ("families", "folds", "label"):
        ours, theirs = (np.array(getattr(part, field)) for part in (rows, reference))
        unlike = np.flatnonzero(ours != theirs)
        if len(unlike):
            place = unlike[0]
            return f"{field} of {rows.entries[place]} is {ours[place]}, not {theirs[place]}"
    return None


def _united(others: Mapping[str, Mapping[str, dict[int, Rows]]]) -> Iterator[Baseline]:
    """One baseline for all models in which it says the same, as it does where they learn from the same data."""
    for predictor, by_arm in others.items():
        groups: list[tuple[list[str], dict[int, Rows]]] = []
        for arm, by_seed in by_arm.items():
            for arms, known in groups:
                if _alike(by_seed, known):
                    arms.append(arm)
                    known |= by_seed
                    break
            else:
                groups.append(([arm], dict(by_seed)))
        for arms, known in groups:
            name = predictor if len(groups) == 1 else f"{predictor}, data of {arms[0]}"
            yield Baseline(name=name, predictor=predictor, arms=tuple(arms), by_seed=known)


def _alike(one: Mapping[int, Rows], other: Mapping[int, Rows]) -> bool:
    seeds = set(one) & set(other)
    pairs = [(one[seed].predicted, other[seed].predicted) for seed in seeds]
    return bool(pairs) and all(np.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in pairs)


def _rows_of(progress: Progress, store: RunStore, validation: bool) -> dict[tuple[tuple[str, str], str], Rows]:
    assert progress.run is not None
    table = read_predictions(store, progress.run, validation=validation)
    seed = progress.unit.seed
    # A run of one seed: its splits and folds are those of other seeds as well.
    table["split"] = [of_all_seeds(name, [seed]) for name in table["split"]]
    splits = store.find(progress.run.id).read_json("splits.json")
    # Where rows do not say what was left out with them, as in records of before, the name of the fold does.
    fold_of = {
        entry: name.removeprefix(f"seed {seed} ").removeprefix("without ")
        for name, jobs in splits.items()
        for entry in jobs[0]["test"]
    }
    return {
        ((str(split), str(channel)), str(arm)): _rows(part, fold_of)
        for (split, channel, arm), part in table.groupby(["split", "channel", "arm"], sort=False)
    }


def _rows(part: pd.DataFrame, fold_of: dict[str, str]) -> Rows:
    part = part.sort_values("entry")
    left_out = part["left_out"] if "left_out" in part else [""] * len(part)
    return Rows(
        entries=tuple(part["entry"]),
        families=tuple(part["family"]),
        folds=tuple(out or fold_of.get(entry, "") for entry, out in zip(part["entry"], left_out, strict=True)),
        label=part["label"].to_numpy(dtype=np.float64),
        predicted=part["predicted"].to_numpy(dtype=np.float64),
        lower=part["lower"].to_numpy(dtype=np.float64),
        upper=part["upper"].to_numpy(dtype=np.float64),
    )
