"""Held-out predictions of an experiment's finished runs, and the refusal to mix what cannot be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcluster.errors import DataError
from mlcluster.experiment.progress import Progress
from mlcluster.experiment.statistics import Rows
from mlcluster.experiment.units import DATA
from mlcluster.tracking import RunStore
from mlcluster.tracking.tables import read_predictions
from mlcluster.training.folds import NETWORK
from mlcluster.training.formula.arms import FORMULA

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What every arm and baseline says of one channel on one split.

    Parameters
    ----------
    split, channel
        What was held out, and the property.
    arms
        Rows by seed of the network, or the formula level, of each arm.
    baselines
        Likewise of each baseline; where it learned from other data in other arms, once for each of them.
    """

    split: str
    channel: str
    arms: dict[str, dict[int, Rows]]
    baselines: dict[str, dict[int, Rows]]

    def of(self, name: str) -> dict[int, Rows]:
        """Rows by seed of an arm or baseline."""
        return self.arms.get(name) or self.baselines[name]

    def paired(self, name: str, reference: str) -> tuple[list[Rows], list[Rows]]:
        """Rows of two arms for the seeds that both have."""
        one, other = self.of(name), self.of(reference)
        seeds = [seed for seed in one if seed in other]
        return [one[seed] for seed in seeds], [other[seed] for seed in seeds]


def read_held_out(progress: Sequence[Progress], store: RunStore) -> list[Judged]:
    """Read the held-out predictions of all finished runs.

    Raises
    ------
    DataError
        If runs that should have the same data had different ones, or arms were judged by different rows; the message
        names runs and difference.
    """
    finished = [each for each in progress if each.state == "finished"]
    _check_data(finished)
    tables = [(each, _rows_of(each, store)) for each in finished]
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
        found.append(Judged(split=split, channel=channel, arms=arms, baselines=_united(others)))
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
    """Every arm must be judged by the same entries, labels and folds."""
    first: dict[int, tuple[str, Rows]] = {}
    for name, by_seed in arms.items():
        for seed, rows in by_seed.items():
            other, reference = first.setdefault(seed, (name, rows))
            difference = _difference(rows, reference)
            if difference:
                raise DataError(
                    f"two arms were judged by different rows of {what}, seed {seed}; they cannot be compared.",
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


def _united(others: dict[str, dict[str, dict[int, Rows]]]) -> dict[str, dict[int, Rows]]:
    """A baseline is one row of a table where it says the same in every arm."""
    united: dict[str, dict[int, Rows]] = {}
    for predictor, by_arm in others.items():
        joined: dict[int, Rows] = {}
        alike = True
        for by_seed in by_arm.values():
            for seed, rows in by_seed.items():
                known = joined.setdefault(seed, rows)
                alike &= bool(np.allclose(rows.predicted, known.predicted, rtol=1e-4, atol=1e-6))
        if alike:
            united[predictor] = joined
        else:
            united |= {f"{predictor}, data of {arm}": by_seed for arm, by_seed in by_arm.items()}
    return united


def _rows_of(progress: Progress, store: RunStore) -> dict[tuple[tuple[str, str], str], Rows]:
    assert progress.run is not None
    table = read_predictions(store, progress.run)
    fold_of = dict(_folds(store.find(progress.run.id).read_json("splits.json")))
    # A run of one seed: its splits are those of other seeds as well.
    table["split"] = [re.sub(r" seed \d+$", "", name) for name in table["split"]]
    return {
        ((str(split), str(channel)), str(arm)): _rows(part, fold_of)
        for (split, channel, arm), part in table.groupby(["split", "channel", "arm"], sort=False)
    }


def _folds(splits: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, jobs in splits.items():
        for entry in jobs[0]["test"]:
            yield entry, re.sub(r"^seed \d+ ", "", name)


def _rows(part: pd.DataFrame, fold_of: dict[str, str]) -> Rows:
    part = part.sort_values("entry")
    return Rows(
        entries=tuple(part["entry"]),
        families=tuple(part["family"]),
        folds=tuple(fold_of.get(entry, "") for entry in part["entry"]),
        label=part["label"].to_numpy(dtype=np.float64),
        predicted=part["predicted"].to_numpy(dtype=np.float64),
        lower=part["lower"].to_numpy(dtype=np.float64),
        upper=part["upper"].to_numpy(dtype=np.float64),
    )
