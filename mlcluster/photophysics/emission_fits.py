"""Fits of what is measured of light: linewidth, decay and gap, as functions of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlcluster.errors import InputError
from mlcluster.photophysics import columns
from mlcluster.photophysics.bench_result import check_table
from mlcluster.photophysics.columns import Column
from mlcluster.photophysics.drawing import check_plot_name
from mlcluster.photophysics.fit_inputs import ABSORBANCE, ERROR_NAMES, KELVIN, Table, columns_of, kept

if TYPE_CHECKING:
    from mlcluster.photophysics.linewidth import Form, Modes
    from mlcluster.photophysics.optical_gap import Tauc


def linewidth(
    table: Table,
    *,
    form: Form = "eq1",
    modes: Modes = "auto",
    level: float = 0.9,
    plot: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Width of an emission band against temperature (`mlcluster.photophysics.linewidth`).

    Parameters
    ----------
    table
        Columns ``T (K)``, ``FWHM (meV)`` and, if known, ``error (meV)``.
    form, modes, level
        As of `mlcluster.photophysics.linewidth.fit_linewidth`.
    plot, out
        SVG or PNG of data, fit and residuals; CSV of the same.

    Raises
    ------
    InputError
        If the table or an option is not right.
    """
    from mlcluster.photophysics.linewidth import fit_linewidth

    check_plot_name(plot)
    check_table(out)
    data = columns_of(
        table,
        KELVIN,
        Column(key="fwhm", names=("FWHM", "width", "linewidth"), units=columns.ENERGY_MEV),
        Column(key="error", names=ERROR_NAMES, units=columns.ENERGY_MEV, optional=True),
    )
    result = fit_linewidth(
        data["temperature"], data["fwhm"], error=data.get("error"), form=form, modes=modes, level=level
    )
    return kept(result, plot, out)


def decay(
    table: Table,
    *,
    components: int | Literal["auto", "stretched"] = "auto",
    response: Literal["none", "gaussian", "measured"] | None = None,
    response_fwhm: float | None = None,
    background: bool = True,
    counts: bool | None = None,
    level: float = 0.9,
    plot: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Luminescence decay (`mlcluster.photophysics.decay`).

    Parameters
    ----------
    table
        Columns ``time (us)``, ``counts`` (or ``intensity``) and, if measured, ``response``.
    response
        How the instrument sees the decay; None: as measured if the table has it, otherwise not at all.
    components, response_fwhm, background, counts, level
        As of `mlcluster.photophysics.decay.fit_decay`.
    plot, out
        As of `linewidth`.

    Raises
    ------
    InputError
        If the table or an option is not right.
    """
    from mlcluster.photophysics.decay import fit_decay

    check_plot_name(plot)
    check_table(out)
    data = columns_of(
        table,
        Column(key="time", names=("time", "t"), units=columns.TIME_US),
        Column(key="intensity", names=("counts", "intensity", "signal", "PL"), units=columns.NO_UNIT),
        Column(key="response", names=("response", "IRF"), units=columns.NO_UNIT, optional=True),
    )
    if response == "measured" and "response" not in data:
        raise InputError("the table has no measured response.", expected="a column response")
    seen: Any = response or ("measured" if "response" in data else "none")
    result = fit_decay(
        data["time"],
        data["intensity"],
        components=components,
        response=data["response"] if seen == "measured" else seen,
        response_fwhm=response_fwhm,
        background=background,
        counts=counts,
        level=level,
    )
    return kept(result, plot, out)


def gap(
    table: Table,
    *,
    jacobian: bool = True,
    tauc: Tauc = "none",
    window: tuple[float, float] | None = None,
    baseline: tuple[float, float] | None = None,
    level: float = 0.9,
    plot: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Optical gap from an absorption spectrum (`mlcluster.photophysics.optical_gap`).

    Parameters
    ----------
    table
        Columns ``wavelength (nm)`` or ``energy (eV)``, and ``absorbance``.
    jacobian, tauc, window, baseline, level
        As of `mlcluster.photophysics.optical_gap.fit_gap`.
    plot, out
        As of `linewidth`.

    Raises
    ------
    InputError
        If the table or an option is not right.
    """
    from mlcluster.photophysics.optical_gap import fit_gap
    from mlcluster.units import EV_NM

    check_plot_name(plot)
    check_table(out)
    light = Column(
        key="energy",
        names=("wavelength", "lambda", "energy", "E", "photon energy"),
        units={"nm": lambda x: EV_NM / x, "eV": 1.0},
    )
    data = columns_of(table, light, ABSORBANCE)
    result = fit_gap(
        data["energy"],
        data["absorbance"],
        jacobian=jacobian,
        tauc=tauc,
        window=window,
        baseline=baseline,
        level=level,
    )
    return kept(result, plot, out)
