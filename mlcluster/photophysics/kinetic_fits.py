"""Fits of what happens in time and with temperature: transient, conversion and equilibrium, as functions of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from mlcluster.errors import InputError
from mlcluster.photophysics import columns
from mlcluster.photophysics.bench_result import check_table
from mlcluster.photophysics.columns import Column
from mlcluster.photophysics.drawing import check_plot_name
from mlcluster.photophysics.fit_inputs import ABSORBANCE, ERROR_NAMES, KELVIN, Table, columns_of, kept


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
    check_table(out)
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
    check_table(out)
    per_second: Mapping[str, columns.Convert] = {"1/s": 1.0, "s-1": 1.0, "1/min": 1 / 60, "1/h": 1 / 3600}
    rate = Column(key="rate", names=("k", "rate"), units=per_second, optional=True)
    given = columns_of(table, rate)
    if given:
        error = Column(key="error", names=ERROR_NAMES, units=per_second, optional=True)
        data = columns_of(table, KELVIN, rate, error)
        result = fit_activation(data["temperature"], data["rate"], error=data.get("error"), level=level)
        return kept(result, plot, out)
    data = columns_of(
        table,
        Column(key="time", names=("time", "t"), units=columns.TIME_S),
        ABSORBANCE,
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
    check_table(out)
    flow = Column(
        key="heat_flow", names=("heat flow", "DSC", "power"), units={"mW": 1.0, "W": 1e3, "uW": 1e-3}, optional=True
    )
    if not columns_of(table, flow):
        data = columns_of(
            table,
            KELVIN,
            Column(key="constant", names=("K", "constant", "equilibrium constant"), units=columns.NO_UNIT),
            Column(key="error", names=ERROR_NAMES, units=columns.NO_UNIT, optional=True),
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
    data = columns_of(table, KELVIN, flow)
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


def _molar_mass(formula: str) -> float:
    from mlcluster.photophysics.ions import atoms_of
    from mlcluster.photophysics.mass_spectrum import ELECTRON_MASS, mass_to_charge

    return mass_to_charge(atoms_of(formula), 1) + ELECTRON_MASS
