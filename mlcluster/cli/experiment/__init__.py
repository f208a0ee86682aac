"""``mlcluster experiment``: a question, answered by runs; one verb a file."""

from __future__ import annotations

import typer

from mlcluster.cli.experiment.report import report
from mlcluster.cli.experiment.run import run
from mlcluster.cli.experiment.status import status

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
for _verb in (run, status, report):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """Run what an experiment.yaml asks for, see how far it is, and write its results."""
