"""``mlcluster mcp``: the verbs as tools of a language model, over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import running
from mlcluster.errors import ConfigError


def mcp(
    root: Annotated[
        Path, typer.Option(metavar="DIR", help="Only files below this folder.", exists=True, file_okay=False)
    ] = Path("."),
    write: Annotated[bool, typer.Option("--write", help="Also verbs that write files there.")] = False,
    seconds: Annotated[float, typer.Option("--max-seconds", min=1, help="Longest time one call may take.")] = 600.0,
    debug: options.Debug = False,
) -> None:
    """Serve the verbs to a language model (MCP on standard input and output).

    Tools are `inspect`, `known`, `predict`, `compare` and others; each returns the JSON of its verb.
    Needs the extra mcp.
    """
    with running(as_json=False, debug=debug):
        try:
            from mlcluster.cli.mcp_tools import server
        except ImportError as error:
            raise ConfigError(
                "the package of the protocol is not installed.", found=error, hint='pip install "mlcluster[mcp]"'
            ) from None
        server(root, write=write, seconds=seconds).run("stdio")
