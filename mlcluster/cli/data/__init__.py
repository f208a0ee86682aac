"""``mlcluster data``: labels and structures that models are made from, one verb a file."""

from __future__ import annotations

import typer

from mlcluster.cli.data.add import add
from mlcluster.cli.data.compute import compute
from mlcluster.cli.data.link import link
from mlcluster.cli.data.list import list_sources
from mlcluster.cli.data.prepare import prepare
from mlcluster.cli.data.split import split
from mlcluster.cli.data.validate import validate

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(name="list")(list_sources)
for _verb in (validate, add, link, prepare, compute, split):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """List, check, extend, prepare, calculate and split labels and structures."""
