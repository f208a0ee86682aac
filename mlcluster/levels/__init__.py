"""Levels of prediction: each predicts the same properties from something else, at a cost of its own.

A level is one folder with the same file names in it: ``entries`` (what it learns from), ``features`` (what it makes of
a cluster), ``fit``, ``predict``, ``card``, and ``level``, which shows them to the rest of the package as the protocols
of `mlcluster.levels.protocol` have it. A further level is a folder and a line in `LEVELS`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlcluster.levels.protocol import Level

LEVELS = {
    "calculation": "mlcluster.levels.calculation.level",
    "network": "mlcluster.levels.network.level",
    "formula": "mlcluster.levels.formula.level",
}
"""Module of each level, which is imported when the level is first asked for, by the word that configurations and the
``basis`` of a prediction have for it; the best level first."""


def open_level(name: str) -> Level:
    """Level of that name in `LEVELS`."""
    return import_module(LEVELS[name]).LEVEL


def level_of(directory: str | Path) -> Level | None:
    """Level of the model in a directory; None where there is none."""
    levels = (open_level(name) for name in LEVELS)
    return next((level for level in levels if (Path(directory) / level.document).is_file()), None)
