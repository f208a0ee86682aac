"""``mlcluster fit transient``, ``conversion`` and ``equilibrium``: what happens in time and with temperature."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.fit import bench_options as bench


class Scheme(StrEnum):
    """Models of transient absorption."""

    parallel = "parallel"
    sequential = "sequential"


class Lifetimes(StrEnum):
    """Number of finite lifetimes."""

    auto = "auto"
    one = "1"
    two = "2"
    three = "3"
    four = "4"


class Up(StrEnum):
    """Which way heat points in a scan."""

    endo = "endo"
    exo = "exo"


Matrix = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="CSV matrix, Glotaran ASCII or KiMoPack .dat.", exists=True, dir_okay=False),
]


def transient(
    file: Matrix,
    components: Annotated[Lifetimes, typer.Option(help="Finite lifetimes; auto: by criteria.")] = Lifetimes.auto,
    model: Annotated[Scheme, typer.Option(help="Spectra of decays or of states.")] = Scheme.parallel,
    infinite: Annotated[bool, typer.Option(help="One more component that outlives the window.")] = True,
    response: Annotated[bool, typer.Option(help="Fit a Gaussian response.")] = True,
    dispersion: Annotated[int, typer.Option(min=0, max=3, help="Order of the dispersion of time zero.")] = 0,
    lifetimes: Annotated[str | None, typer.Option(metavar="PS,PS", help="Lifetimes to begin with, in ps.")] = None,
    time_unit: Annotated[str | None, typer.Option(metavar="UNIT", help="Where the file states none: fs to ms.")] = None,
    level: bench.Level = 0.9,
    plot: bench.Plot = None,
    out: bench.TableOut = None,
    add: bench.Add = None,
    add_as: bench.AddAs = None,
    add_of: bench.AddOf = None,
    medium: bench.Medium = "",
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Global analysis of transient absorption; --out has the spectra."""
    number: Any = int(components.value) if components.value.isdigit() else components.value
    try:
        begin = [float(part) for part in lifetimes.split(",")] if lifetimes else None
    except ValueError:
        raise typer.BadParameter(f"{lifetimes!r} is not a list of numbers, as in 0.3,3.") from None
    bench.fitted(
        "transient",
        lambda: mlcluster.fit.transient(
            file,
            components=number,
            infinite=infinite,
            model=model.value,
            response=response,
            dispersion=dispersion,
            lifetimes=begin,
            time_unit=time_unit,
            level=level,
            plot=plot,
            out=out,
        ),
        add=add,
        add_as=add_as,
        add_of=add_of,
        medium=medium,
        json=json,
        debug=debug,
    )


def conversion(
    file: bench.Data,
    constant: Annotated[
        float | None, typer.Option("--equilibrium", metavar="K", help="Splits the rate into both directions.")
    ] = None,
    level: bench.Level = 0.9,
    plot: bench.Plot = None,
    out: bench.TableOut = None,
    add: bench.Add = None,
    add_as: bench.AddAs = None,
    add_of: bench.AddOf = None,
    medium: bench.Medium = "",
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Kinetics of an isomerisation: columns time (s), absorbance, T (K); or T (K), k (1/s)."""
    bench.fitted(
        "conversion",
        lambda: mlcluster.fit.conversion(file, equilibrium=constant, level=level, plot=plot, out=out),
        add=add,
        add_as=add_as,
        add_of=add_of,
        medium=medium,
        json=json,
        debug=debug,
    )


def equilibrium(
    file: bench.Data,
    reaction: Annotated[str, typer.Option(metavar="A->B", help="Names of both forms.")] = "A -> B",
    cold: Annotated[str | None, typer.Option(metavar="FORM", help="The form observed in the cold.")] = None,
    peak: Annotated[str | None, typer.Option(metavar="LOW:HIGH", help="Limits of a DSC peak, K.")] = None,
    mass: Annotated[float | None, typer.Option(metavar="MG", help="Mass of the sample, mg.")] = None,
    molar_mass: Annotated[float | None, typer.Option(metavar="G/MOL", help="With counter-ion and solvent.")] = None,
    formula: Annotated[str | None, typer.Option(metavar="F", help="Gives the molar mass.")] = None,
    heating_rate: Annotated[float | None, typer.Option(metavar="K/MIN", help="Heating rate.")] = None,
    up: Annotated[Up, typer.Option(help="Which way the scan points up.")] = Up.endo,
    level: bench.Level = 0.9,
    plot: bench.Plot = None,
    out: bench.TableOut = None,
    add: bench.Add = None,
    add_as: bench.AddAs = None,
    add_of: bench.AddOf = None,
    medium: bench.Medium = "",
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Enthalpy of an isomerisation: columns T (K), K; or a DSC scan: T (K), heat flow (mW)."""
    limits = bench.span(peak, "K")
    bench.fitted(
        "equilibrium",
        lambda: mlcluster.fit.equilibrium(
            file,
            reaction=reaction,
            cold=cold,
            peak=limits,
            mass_mg=mass,
            molar_mass=molar_mass,
            formula=formula,
            heating_rate=heating_rate,
            endothermic_up=up is Up.endo,
            level=level,
            plot=plot,
            out=out,
        ),
        add=add,
        add_as=add_as,
        add_of=add_of,
        medium=medium,
        json=json,
        debug=debug,
    )
