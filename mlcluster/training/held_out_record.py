"""What a run records of rows held out: scores, the table of predictions, and plots."""

from __future__ import annotations

import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.model.held_out import HeldOut
from mlcluster.tracking import Run
from mlcluster.tracking.logged_tables import PREDICTIONS, write_table
from mlcluster.training.held_out_plots import calibration_plot, error_distance_plot, parity_plot, risk_coverage_plot

SCORES = (
    *("mae", "rmse", "r2", "spearman", "mae_over_families", "spearman_within_families", "n"),
    *("coverage", "coverage_low", "coverage_high", "coverage_over_families", "width"),
    *("ranking_by_width", "ranking_by_distance"),
)


def log_held_out(
    run: Run, split: str, table: HeldOut, title: str, *, seed: int | None = None, plots: bool = True
) -> dict[str, float]:
    """Log scores, predictions and plots of held-out rows; returns the scores by ``split/channel/model/score``.

    Parameters
    ----------
    run
        The run.
    split
        Name of the split.
    table
        Predictions of the model and every baseline for the same rows.
    title
        Of the plots: what was held out.
    seed
        In names of metrics and files, where a run has several.
    plots
        False for a part of a cross-validation that is drawn as a whole.
    """
    parts, prefix = table.parts(), split if seed is None else f"{split} seed {seed}"
    scores: dict[str, float] = {}
    families: dict[str, float] = {}
    for part in parts:
        start = f"{prefix}/{part.key}/{part.name}"
        scores |= {f"{start}/{name}": value for name, value in part.scores().items() if name in SCORES}
        families |= {f"{start}/family {family}/mae": value for family, value in part.mae_by_family().items()}
    run.log_metrics((key, value, 0) for key, value in scores.items() if not math.isnan(value))
    run.log_metrics((key, value, 0) for key, value in families.items())
    with tempfile.TemporaryDirectory() as folder:
        if plots:
            _log_plots(run, prefix, parts, title, Path(folder))
        file = Path(folder) / f"{_file_name(prefix)}.parquet"
        write_table([row for part in parts for row in _rows_in_unit(split, part)], file)
        run.log_file(file, PREDICTIONS)
    return scores


def _log_plots(run: Run, prefix: str, parts: Sequence[HeldOut], title: str, folder: Path) -> None:
    channels: dict[str, list[HeldOut]] = defaultdict(list)
    for part in parts:
        channels[part.key].append(part)
    for channel, drawn in channels.items():
        plots = {"parity": parity_plot, "calibration": calibration_plot, "risk and coverage": risk_coverage_plot}
        if any(np.isfinite(part.latent_distance).all() for part in drawn):
            plots["error and distance"] = error_distance_plot
        for kind, draw in plots.items():
            image = folder / f"{_file_name(f'{kind} {prefix} {channel}')}.png"
            draw(drawn, image, title)
            run.log_file(image, "plots")


def _rows_in_unit(split: str, part: HeldOut) -> Iterator[dict[str, Any]]:
    """Rows in the unit of the target, the interval at its nominal level; the members in model space."""
    values = dict(zip(("label", "predicted", "lower", "upper"), part.in_unit(), strict=True))
    for k, entry in enumerate(part.entry.tolist()):
        members = part.members[k][~np.isnan(part.members[k])].tolist()
        yield {
            "split": split,
            "arm": part.name,
            "channel": part.key,
            "entry": entry,
            "family": str(part.family[k]),
            "seed": int(part.seed[k]),
            "left_out": str(part.left_out[k]),
            **{name: float(column[k]) for name, column in values.items()},
            "members": members or None,
        }


def _file_name(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-." else "_" for sign in text)
