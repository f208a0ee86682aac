"""The fits as functions of a file: ``mlcluster.fit.decay("decay.csv")`` is what ``mlcluster fit decay`` carries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mlcluster.errors import InputError
from mlcluster.photophysics import columns
from mlcluster.photophysics.columns import Column, read_columns
from mlcluster.photophysics.drawing import check_plot_name, draw

if TYPE_CHECKING:
    from mlcluster.photophysics.bench_result import BenchResult
    from mlcluster.photophysics.linewidth import Form, Modes
    from mlcluster.photophysics.optical_gap import Tauc

Table = str | Path | Mapping[str, Any]
"""A CSV file, or its columns as arrays by key."""

_ERROR_NAMES = ("error", "sd", "s.d.", "sigma", "uncertainty")
_ABSORBANCE = Column(key="absorbance", names=("absorbance", "abs", "A", "OD"), units=columns.NO_UNIT)
_KELVIN = Column(key="temperature", names=("T", "temperature"), units=columns.TEMPERATURE)


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
    data = _columns(
        table,
        _KELVIN,
        Column(key="fwhm", names=("FWHM", "width", "linewidth"), units=columns.ENERGY_MEV),
        Column(key="error", names=_ERROR_NAMES, units=columns.ENERGY_MEV, optional=True),
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
    data = _columns(
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


def transient(
    file: str | Path,
    *,
    components: int | Literal["auto"] = "auto",
    infinite: bool = True,
    model: Literal["parallel", "sequential"] = "parallel",
    response: bool = True,
    dispersion: int = 0,
    lifetimes: Sequence[float] | None = None,
    time_unit: str | None = None,
    level: float = 0.9,
    plot: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Global analysis of transient absorption (`mlcluster.photophysics.transient`).

    Parameters
    ----------
    file
        Matrix as of `mlcluster.photophysics.transient_files.read_transient`.
    components, infinite, model, response, dispersion, lifetimes, level
        As of `mlcluster.photophysics.transient.fit_transient`.
    time_unit
        Unit of the times where the file states none.
    plot, out
        As of `linewidth`; `out` has the spectra.

    Raises
    ------
    InputError
        If the file or an option is not right.
    """
    from mlcluster.photophysics.transient import fit_transient
    from mlcluster.photophysics.transient_files import read_transient

    check_plot_name(plot)
    result = fit_transient(
        read_transient(file, time_unit=time_unit),
        components=components,
        infinite=infinite,
        model=model,
        response=response,
        dispersion=dispersion,
        lifetimes=lifetimes,
        level=level,
    )
    return kept(result, plot, out)


def conversion(
    table: Table,
    *,
    equilibrium: float | None = None,
    level: float = 0.9,
    plot: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Kinetics of an isomerisation (`mlcluster.photophysics.conversion`).

    Parameters
    ----------
    table
        Columns ``time (s)``, ``absorbance`` and, for several temperatures, ``T (K)``; or ``T (K)``, ``k (1/s)`` and, if
        known, ``error (1/s)``.
    equilibrium
        Equilibrium constant that splits a rate into both directions.
    level, plot, out
        As of `linewidth`.

    Raises
    ------
    InputError
        If the table or an option is not right.
    """
    from mlcluster.photophysics.conversion import fit_activation, fit_conversion, fit_first_order

    check_plot_name(plot)
    per_second: Mapping[str, columns.Convert] = {"1/s": 1.0, "s-1": 1.0, "1/min": 1 / 60, "1/h": 1 / 3600}
    rate = Column(key="rate", names=("k", "rate"), units=per_second, optional=True)
    given = _columns(table, rate)
    if given:
        error = Column(key="error", names=_ERROR_NAMES, units=per_second, optional=True)
        data = _columns(table, _KELVIN, rate, error)
        result = fit_activation(data["temperature"], data["rate"], error=data.get("error"), level=level)
        return kept(result, plot, out)
    data = _columns(
        table,
        Column(key="time", names=("time", "t"), units=columns.TIME_S),
        _ABSORBANCE,
        Column(key="temperature", names=("T", "temperature"), units=columns.TEMPERATURE, optional=True),
    )
    if "temperature" in data:
        result = fit_conversion(
            data["time"], data["absorbance"], data["temperature"], equilibrium=equilibrium, level=level
        )
    else:
        result = fit_first_order(data["time"], data["absorbance"], equilibrium=equilibrium, level=level)
    return kept(result, plot, out)


def equilibrium(
    table: Table,
    *,
    reaction: str = "A -> B",
    cold: str | None = None,
    peak: tuple[float, float] | None = None,
    mass_mg: float | None = None,
    molar_mass: float | None = None,
    formula: str | None = None,
    heating_rate: float | None = None,
    endothermic_up: bool = True,
    level: float = 0.9,
    plot: str | Path | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Enthalpy of an isomerisation, from equilibrium constants or from a calorimeter.

    Parameters
    ----------
    table
        Columns ``T (K)``, ``K`` and, if known, ``error``; or ``T (K)`` and ``heat flow (mW)``.
    reaction, cold
        As of `mlcluster.photophysics.equilibrium.fit_van_t_hoff`.
    peak, mass_mg, molar_mass, heating_rate, endothermic_up
        As of `mlcluster.photophysics.calorimetry.fit_calorimetry`; needed for a scan.
    formula
        Formula from which the molar mass is computed where it is not given.
    level, plot, out
        As of `linewidth`.

    Raises
    ------
    InputError
        If the table or an option is not right.
    """
    from mlcluster.photophysics.calorimetry import fit_calorimetry
    from mlcluster.photophysics.equilibrium import fit_van_t_hoff

    check_plot_name(plot)
    flow = Column(
        key="heat_flow", names=("heat flow", "DSC", "power"), units={"mW": 1.0, "W": 1e3, "uW": 1e-3}, optional=True
    )
    if not _columns(table, flow):
        data = _columns(
            table,
            _KELVIN,
            Column(key="constant", names=("K", "constant", "equilibrium constant"), units=columns.NO_UNIT),
            Column(key="error", names=_ERROR_NAMES, units=columns.NO_UNIT, optional=True),
        )
        result = fit_van_t_hoff(
            data["temperature"],
            data["constant"],
            error=data.get("error"),
            reaction=reaction,
            cold=cold,
            level=level,
        )
        return kept(result, plot, out)
    if molar_mass is None and formula is not None:
        molar_mass = _molar_mass(formula)
    needed = {"peak": peak, "mass_mg": mass_mg, "molar_mass or formula": molar_mass, "heating_rate": heating_rate}
    missing = [name for name, value in needed.items() if value is None]
    if missing or peak is None or mass_mg is None or molar_mass is None or heating_rate is None:
        raise InputError("a scan needs more to become an enthalpy per mole.", found="no " + ", no ".join(missing))
    data = _columns(table, _KELVIN, flow)
    result = fit_calorimetry(
        data["temperature"],
        data["heat_flow"],
        peak=peak,
        mass_mg=mass_mg,
        molar_mass=molar_mass,
        heating_rate=heating_rate,
        endothermic_up=endothermic_up,
        reaction=reaction,
        cold=cold,
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
    light = Column(
        key="energy",
        names=("wavelength", "lambda", "energy", "E", "photon energy"),
        units={"nm": lambda x: EV_NM / x, "eV": 1.0},
    )
    data = _columns(table, light, _ABSORBANCE)
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


def kept(result: BenchResult, plot: str | Path | None, out: str | Path | None) -> dict[str, Any]:
    """The document of a result, after its plot and table are written where asked for."""
    if plot is not None:
        draw(result.panels, plot)
    if out is not None:
        result.write_table(out)
    return result.to_dict()


def _columns(table: Table, *wanted: Column) -> dict[str, np.ndarray]:
    if isinstance(table, str | Path):
        return read_columns(table, wanted)
    found = {}
    for column in wanted:
        if column.key in table:
            found[column.key] = np.asarray(table[column.key], dtype=float)
        elif not column.optional:
            raise InputError("a column is missing.", found=", ".join(table), expected=column.key)
    return found


def _molar_mass(formula: str) -> float:
    from mlcluster.photophysics.ions import atoms_of
    from mlcluster.photophysics.mass_spectrum import ELECTRON_MASS, mass_to_charge

    return mass_to_charge(atoms_of(formula), 1) + ELECTRON_MASS
