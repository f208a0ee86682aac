"""The command ``mlcluster``: one verb a file, each a thin door to the function of the same name."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli.compare import compare
from mlcluster.cli.config import app as config
from mlcluster.cli.data_sets import app as data
from mlcluster.cli.demo_cite import cite, demo
from mlcluster.cli.design import app as design
from mlcluster.cli.experiment import app as experiment
from mlcluster.cli.fit import app as fit
from mlcluster.cli.inspect import inspect
from mlcluster.cli.known import known
from mlcluster.cli.mcp import mcp
from mlcluster.cli.predict import predict
from mlcluster.cli.runs import app as runs
from mlcluster.cli.screen import rank, screen
from mlcluster.cli.serve import serve
from mlcluster.cli.spectrometry import esi, rates
from mlcluster.cli.training import evaluate, train
from mlcluster.runs.progress_bars import QUIET

app = typer.Typer(
    name="mlcluster",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
for _verb in (inspect, known, predict, compare, screen, rank, train, evaluate, esi, rates, serve, demo, cite, mcp):
    app.command()(_verb)
app.add_typer(config, name="config")
app.add_typer(data, name="data")
app.add_typer(design, name="design")
app.add_typer(experiment, name="experiment")
app.add_typer(fit, name="fit")
app.add_typer(runs, name="runs")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mlcluster {mlcluster.__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log to standard error what is done, and where; before the verb.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No progress, notes or warnings, only results and errors; before the verb.")
    ] = False,
) -> None:
    """Read crystal structures of metal clusters, describe them, predict their properties and compare them.

    Exit code 0: all done; 1: done, but some inputs failed; 2: the command could not be carried out.
    """
    if verbose and quiet:
        raise typer.BadParameter("--verbose and --quiet exclude each other.")
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("mlcluster").setLevel(level)
    if quiet:
        warnings.simplefilter("ignore")
        os.environ[QUIET] = "1"  # child processes are as quiet


def main() -> None:
    """Run the command line; the console script and ``python -m mlcluster`` come here."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 # it lasts as long as the process
    try:
        try:
            app(prog_name="mlcluster")
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        if end.code == 130:
            print("Interrupted.", file=sys.stderr)
        raise
    except OSError as error:  # verbs tell of their own; this is of the output
        if "--debug" in sys.argv:
            raise
        print(f"Error: the output cannot be written: {error.strerror or error}.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left of it would fail once more at the end
        sys.exit(2)
