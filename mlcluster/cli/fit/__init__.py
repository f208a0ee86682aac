"""``mlcluster fit``: measurements fitted, with what the data leave open."""

from __future__ import annotations

import typer

from mlcluster.cli.fit.emission import decay, gap, linewidth
from mlcluster.cli.fit.kinetics import conversion, equilibrium, transient

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
for _verb in (linewidth, decay, transient, conversion, equilibrium, gap):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """Fit measurements: linewidths, decays, transient absorption, kinetics, equilibria, onsets."""
