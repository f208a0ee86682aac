"""``mlcluster runs``: the record of training and evaluation, one verb a file."""

from __future__ import annotations

import typer

from mlcluster.cli.runs.card import card
from mlcluster.cli.runs.compare import compare
from mlcluster.cli.runs.list import list_all
from mlcluster.cli.runs.promote import promote
from mlcluster.cli.runs.show import show
from mlcluster.cli.runs.sync import sync

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(name="list")(list_all)
for _verb in (show, card, compare, promote, sync):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """List, show, compare and promote runs, show the cards of models, and send what a lost tracking server missed."""
