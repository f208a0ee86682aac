"""Scored folds kept on disk while a cross-validation goes on, so that an interruption costs none of them."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.training.scoring import ArmPredictions

FILE = "held_out.json"


def write_arms(directory: Path, arms: Sequence[ArmPredictions]) -> None:
    """Keep what every arm says of the rows held out; a kill at any moment leaves no half-written file."""
    directory.mkdir(parents=True, exist_ok=True)
    content = [
        {field.name: _plain(getattr(arm, field.name)) for field in dataclasses.fields(ArmPredictions)} for arm in arms
    ]
    unfinished = directory / f".{FILE}.{os.getpid()}"
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    os.replace(unfinished, directory / FILE)


def read_arms(directory: Path) -> list[ArmPredictions] | None:
    """Read what `write_arms` kept, number for number; None where a fold is not scored yet."""
    path = directory / FILE
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return [ArmPredictions(**{name: _restored(value) for name, value in fields.items()}) for fields in content]


def _plain(value: Any) -> Any:
    return {"array": value.tolist()} if isinstance(value, np.ndarray) else value


def _restored(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"array"}:
        return np.array(value["array"], dtype=np.float64)
    return tuple(value) if isinstance(value, list) else value


def chosen_rows(arm: ArmPredictions, entries: Collection[str]) -> ArmPredictions:
    """Keep the rows of some entries."""
    return arm.rows(np.array([entry in entries for entry in arm.entries], dtype=bool))
