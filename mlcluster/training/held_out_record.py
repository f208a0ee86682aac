"""What a run records of rows held out: scores, tables of predictions and of single families, and plots."""

from __future__ import annotations

import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.labels.methods import ATOM_CHARGES, Channel
from mlcluster.levels.protocol import Judged
from mlcluster.model.held_out import HeldOut
from mlcluster.tracking import Run
from mlcluster.tracking.logged_tables import PREDICTIONS, write_table
from mlcluster.training.held_out_plots import calibration_plot, error_distance_plot, parity_plot, risk_coverage_plot

FAMILY_COLUMNS = ("split", "channel", "arm", "family", "n", "mae", "unit")
"""Of the tables ``families/*.json`` of a run: scores on single families."""

SCORES = (
    *("mae", "rmse", "r2", "spearman", "mae_over_families", "spearman_within_families", "n"),
    *("coverage", "coverage_low", "coverage_high", "coverage_over_families", "width"),
    *("ranking_by_width", "ranking_by_distance"),
)


def log_held_out(
    run: Run, split: str, table: HeldOut, title: str, *, seed: int | None = None, plots: bool = True
) -> dict[str, float]:
    """Log scores, those of each family, predictions and plots; returns scores by ``split/channel/model/score``.

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
    families: list[tuple[Any, ...]] = []
    for part in parts:
        start = f"{prefix}/{part.key}/{part.name}"
        scores |= {f"{start}/{name}": value for name, value in part.scores().items() if name in SCORES}
        unit, counts = Channel.parse(part.key).definition.unit, Counter(part.family.tolist())
        errors = part.mae_by_family().items()
        families += [(split, part.key, part.name, family, counts[family], mae, unit) for family, mae in errors]
    run.log_metrics((key, value, 0) for key, value in scores.items() if not math.isnan(value))
    # A metric each would be thousands of them, one a family and model, which no page of MLflow is made for.
    run.log_table(FAMILY_COLUMNS, families, f"families/{_file_name(prefix)}.json")
    with tempfile.TemporaryDirectory() as folder:
        if plots:
            _log_plots(run, prefix, parts, title, Path(folder))
        file = Path(folder) / f"{_file_name(prefix)}.parquet"
        write_table([row for part in parts for row in _rows_in_unit(split, part)], file)
        run.log_file(file, PREDICTIONS)
    return scores


def log_charges(run: Run, judged: Judged, *, by_seed: bool = False) -> dict[str, float]:
    """Log scores of the charges of atoms; returns them by ``split/atom_charge:gfn1-xtb/model/score``.

    Parameters
    ----------
    run
        The run.
    judged
        What was held out; nothing is logged where there are no charges.
    by_seed
        Whether names of metrics say the seed, where a run has several.
    """
    scores: dict[str, float] = {}
    for seed, arms in judged.charges.items():
        split = f"{judged.split} seed {seed}" if by_seed else judged.split
        for arm, found in arms.items():
            scores |= {f"{split}/{ATOM_CHARGES}/{arm}/{name}": value for name, value in found.items()}
    run.log_metrics((key, value, 0) for key, value in scores.items() if not math.isnan(value))
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
