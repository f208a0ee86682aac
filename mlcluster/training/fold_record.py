"""Folds of a cross-validation as child runs: each is scored and recorded once, also across interruptions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlcluster.tracking import Run
from mlcluster.training.fold_rows import read_arms, write_arms
from mlcluster.training.folds import Fold, FoldReader
from mlcluster.training.record import log_held_out
from mlcluster.training.scoring import ArmPredictions


class FoldRecord:
    """Scores folds whose members are trained, and keeps each in a child run.

    Parameters
    ----------
    parent
        Run of the cross-validation.
    folds
        All of them; their child runs are made at once, as a store that goes away later takes no new ones.
    directory
        For the predictions of the folds until the cross-validation is done.
    reader
        Reads members back and predicts.
    calibrate
        Whether a fold's intervals rest on what it alone knows; without, they are left to all folds together.
    """

    def __init__(
        self, parent: Run, folds: Sequence[Fold], directory: Path, reader: FoldReader, *, calibrate: bool = True
    ) -> None:
        self._reader, self._directory, self._calibrate = reader, directory, calibrate
        self._runs = {fold.name: parent.child(fold.name, {"mlcluster.kind": "fold"}) for fold in folds}

    def keep(self, fold: Fold) -> list[ArmPredictions]:
        """Predictions of every arm for what the fold holds out; computed and recorded only if they were not before."""
        place = self._directory / fold.name.replace("/", "_")
        arms = read_arms(place)
        if arms is None:
            arms = list(self._reader.arms(fold, calibrate=self._calibrate))
            run = self._runs[fold.name]
            log_held_out(run, "held out", arms, fold.name, seed=fold.jobs[0].split.seed, plots=False)
            run.finish()
            write_arms(place, arms)
        return arms

    def run_of(self, fold: Fold) -> Run:
        """Child run of a fold."""
        return self._runs[fold.name]

    def run_ids(self) -> dict[str, str]:
        """Child run of each fold by its name."""
        return {name: run.id for name, run in self._runs.items()}
