"""``mlcluster esi`` and ``mlcluster rates``: ions of a cluster, and rates from yield and lifetime."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.fit import bench_options as bench

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Peaks = Annotated[
    Path | None,
    typer.Argument(metavar="PEAKS", help="CSV with m/z and intensity.", exists=True, dir_okay=False),
]


def esi(
    peaks: Peaks = None,
    mz: Annotated[list[float] | None, typer.Option(metavar="M/Z", help="Tallest peak as read off; repeatable.")] = None,
    formula: Annotated[str | None, typer.Option(metavar="F", help="As in [Au13Ag12(PPh3)10Cl8]+.")] = None,
    charge: Annotated[int | None, typer.Option(help="Where the formula states none; of an unknown ion.")] = None,
    adduct: Annotated[list[str] | None, typer.Option(metavar="X", help="Only these adducts; repeatable.")] = None,
    loss: Annotated[list[str] | None, typer.Option(metavar="L", help="Only these losses; repeatable.")] = None,
    metals: Annotated[str, typer.Option(metavar="M,M", help="Metals of an unknown cluster.")] = "",
    ligands: Annotated[str, typer.Option(metavar="L,L", help="Ligands of an unknown cluster.")] = "",
    ppm: Annotated[float, typer.Option(help="Largest deviation that fits.")] = 10.0,
    resolving_power: Annotated[float, typer.Option(help="m/dm at half maximum.")] = 20_000.0,
    changes: Annotated[int, typer.Option(min=0, max=4, help="Most losses and adducts together.")] = 3,
    plot: bench.Plot = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Which ion of a cluster a peak is, by its tallest isotope peak; unknown compositions."""
    with running("Comparing ions", as_json=json, debug=debug):
        result = mlcluster.esi(
            peaks,
            mz=mz or (),
            formula=formula,
            charge=charge,
            adducts=adduct,
            losses=loss,
            metals=[m.strip() for m in metals.split(",") if m.strip()],
            ligands=[name.strip() for name in ligands.split(",") if name.strip()],
            ppm=ppm,
            resolving_power=resolving_power,
            most_changes=changes,
            plot=plot,
        )
    finish(result, as_json=json, view=ion_tables)


def ion_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """One paragraph, then a row for each ion; nothing wider than 80 columns."""
    from rich.table import Table
    from rich.text import Text

    yield Text(textwrap.fill(" ".join(result["sentences"]), bench.WIDTH))
    observed = any(row["observed_mz"] is not None for row in result["ions"])
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("ion", max_width=32, overflow="fold")
    for name in ("observed", "apex", "ppm", "average", "fits") if observed else ("apex", "average", "monoisotopic"):
        table.add_column(name, justify="left" if name == "fits" else "right")
    for row in result["ions"]:
        apex, average = f"{row['apex_mz']:.2f}", f"{row['average_mz']:.2f}"
        if observed:
            table.add_row(row["formula"], f"{row['observed_mz']:.2f}", apex, f"{row['ppm']:+.1f}", average, _fits(row))
        else:
            table.add_row(row["formula"], apex, average, f"{row['monoisotopic_mz']:.2f}")
    if result["ions"]:
        yield table


def _fits(row: Mapping[str, Any]) -> str:
    return f"{row['electrons']} e" if "electrons" in row else row["fits"]


def rates(
    quantum_yield: Annotated[
        list[str],
        typer.Option("--quantum-yield", "--qy", metavar="PHI[+-ERROR]", help="Fraction, or with %; once a cluster."),
    ],
    lifetime: Annotated[
        list[str], typer.Option(metavar="US[+-ERROR]", help="Lifetime in microseconds; once for each cluster.")
    ],
    name: Annotated[list[str] | None, typer.Option(help="Name of a cluster; repeatable.")] = None,
    level: bench.Level = 0.9,
    add: bench.Add = None,
    add_as: bench.AddAs = None,
    add_of: bench.AddOf = None,
    medium: bench.Medium = "",
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Radiative and nonradiative rates from yield and lifetime, of one cluster or two."""
    if len(quantum_yield) != len(lifetime):
        raise typer.BadParameter("give a lifetime for each quantum yield.")
    if add is not None and len(lifetime) > 1:
        raise typer.BadParameter("--add keeps one cluster at a time.")
    bench.fitted(
        "rates",
        lambda: mlcluster.rates(
            [_number(text) for text in quantum_yield],
            [_number(text, unit="microseconds") for text in lifetime],
            names=name or (),
            level=level,
        ),
        add=add,
        add_as=add_as,
        add_of=add_of,
        medium=medium,
        json=json,
        debug=debug,
    )


def _number(text: str, unit: str = "") -> tuple[float, float | None]:
    """Value and error of ``0.131+-0.01``, ``0.131±0.01``, ``13.1%+-0.5`` or ``13.1+-0.5%``; of a unit none with %."""
    if unit and "%" in text:
        raise typer.BadParameter(f"{text!r}: give the value and its error in {unit}, as in 2.65+-0.05.")
    value, _, error = text.replace("+-", "\N{PLUS-MINUS SIGN}").partition("\N{PLUS-MINUS SIGN}")
    scale = 0.01 if "%" in text else 1.0
    try:
        found = float(value.replace("%", ""))
        spread = float(error.replace("%", "")) if error else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number, as in 0.131+-0.01.") from None
    if "%" in error and "%" not in value and found <= 1:
        # 0.131 % and 13.1 % are both meant so by somebody.
        raise typer.BadParameter(f"{text!r}: of what is the error so many %? Give 13.1%+-0.5% or 0.131+-0.005.")
    return found * scale, None if spread is None else spread * scale
