"""``mlcluster design``: candidates around a cluster, one verb a file."""

from __future__ import annotations

import typer

from mlcluster.cli.design.cap import cap
from mlcluster.cli.design.fill import fill
from mlcluster.cli.design.run import run
from mlcluster.cli.design.substitute import substitute
from mlcluster.cli.design.swap import swap
from mlcluster.cli.design.twist import twist
from mlcluster.cli.design.vacancy import vacancy

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
for _verb in (substitute, vacancy, fill, swap, twist, cap, run):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """Make candidates around a cluster: every symmetry-distinct one once, a file each."""
