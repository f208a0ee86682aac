"""``mlcluster fit linewidth``, ``decay`` and ``gap``: what is measured of light absorbed and emitted."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.fit import bench_options as bench


class Form(StrEnum):
    """Forms of a linewidth against temperature."""

    eq1 = "eq1"
    huang_rhys = "huang-rhys"
    lattice = "lattice"


class Modes(StrEnum):
    """How many modes broaden a band."""

    auto = "auto"
    one = "one"
    acoustic = "acoustic"
    optical = "optical"
    two = "two"


class Components(StrEnum):
    """How a decay is made up."""

    auto = "auto"
    one = "1"
    two = "2"
    three = "3"
    stretched = "stretched"


class Response(StrEnum):
    """How the instrument sees a decay."""

    auto = "auto"
    none = "none"
    gaussian = "gaussian"
    measured = "measured"


class Tauc(StrEnum):
    """Kinds of Tauc plots."""

    none = "none"
    direct = "direct"
    indirect = "indirect"


def linewidth(
    file: bench.Data,
    form: Annotated[Form, typer.Option(help="eq1: coth and Bose term under one root.")] = Form.eq1,
    modes: Annotated[Modes, typer.Option(help="Number of modes; auto: by two information criteria.")] = Modes.auto,
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
    """Width of an emission band against temperature: columns T (K), FWHM (meV)."""
    bench.fitted(
        "linewidth",
        lambda: mlcluster.fit.linewidth(file, form=form.value, modes=modes.value, level=level, plot=plot, out=out),
        add=add,
        add_as=add_as,
        add_of=add_of,
        medium=medium,
        json=json,
        debug=debug,
    )


def decay(
    file: bench.Data,
    components: Annotated[Components, typer.Option(help="Exponentials, or a stretched one.")] = Components.auto,
    response: Annotated[
        Response, typer.Option(help="Instrument response; auto: measured if the table has a column response.")
    ] = Response.auto,
    response_fwhm: Annotated[
        float | None, typer.Option(metavar="US", help="First guess of a Gaussian response, microseconds.")
    ] = None,
    background: Annotated[bool, typer.Option(help="Fit a constant background.")] = True,
    counts: Annotated[
        bool | None, typer.Option("--counts/--no-counts", help="Poisson noise; otherwise told from whole numbers.")
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
    """Luminescence decay: columns time (us), counts and perhaps response."""
    number: Any = int(components.value) if components.value.isdigit() else components.value
    seen: Any = None if response is Response.auto else response.value
    bench.fitted(
        "decay",
        lambda: mlcluster.fit.decay(
            file,
            components=number,
            response=seen,
            response_fwhm=response_fwhm,
            background=background,
            counts=counts,
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


def gap(
    file: bench.Data,
    jacobian: Annotated[bool, typer.Option(help="Multiply by the Jacobian of wavelength to energy.")] = True,
    tauc: Annotated[Tauc, typer.Option(help="Tauc plot in place of the spectrum.")] = Tauc.none,
    window: Annotated[
        str | None, typer.Option(metavar="LOW:HIGH", help="Energies in eV of the tangent; otherwise found.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="LOW:HIGH", help="Energies in eV where nothing absorbs; otherwise found.")
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
    """Optical gap from a spectrum: columns wavelength (nm) or energy (eV), absorbance."""
    low_high, flat = bench.span(window, "eV"), bench.span(baseline, "eV")
    bench.fitted(
        "gap",
        lambda: mlcluster.fit.gap(
            file,
            jacobian=jacobian,
            tauc=tauc.value,
            window=low_high,
            baseline=flat,
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
