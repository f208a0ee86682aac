"""Plots of the bench: residuals on the scale of their data, a fit in the colour of its data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from mlcluster.photophysics.bench_result import Panel, Series
from mlcluster.photophysics.drawing import draw


def test_residuals_share_the_scale_and_fits_the_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    time = np.array([-1.0, 0.5, 10.0, 1000.0])
    series = [
        Series(label=f"{wavelength} nm{end}", x=time, y=time, style=style)
        for wavelength in (550, 650)
        for end, style in (("", "points"), (", fit", "line"))
    ]
    panel = Panel(x_label="time (ps)", y_label="signal", series=tuple(series), residuals=(time, time), log_x=True)
    draw([panel], tmp_path / "plot.svg")
    above, below = drawn[0].axes
    assert above.get_xscale() == below.get_xscale() == "symlog"
    # What the axis says and where a point lies are two things: the transform of the data decides.
    places = below.transData.transform(np.column_stack([time, np.zeros(4)]))[:, 0]
    assert places == pytest.approx(above.transData.transform(np.column_stack([time, np.zeros(4)]))[:, 0])
    assert (places[3] - places[2]) / (places[2] - places[1]) < 3
    first, first_fit, second, second_fit = (line.get_color() for line in above.lines)
    assert first == first_fit != second == second_fit
