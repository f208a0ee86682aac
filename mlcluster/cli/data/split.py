"""``mlcluster data split``: divide sources into sides, and see what leaks from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


def split(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Names, as mlcluster data list shows them.")
    ],
    kind: Annotated[str, typer.Option(help="family, size, official or random.")] = "family",
    test: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A family to hold out (repeatable), or the official test set."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses what is not named.")] = 0,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the split here, as JSON.")] = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Split sources and report what leaks.

    For each test entry the nearest training entry is found by structure; families on both sides, the same cluster in
    another source and pairs torn apart are counted.
    """
    with running("Splitting", as_json=json, debug=debug):
        from mlcluster.data.splitting import split_sources

        result = split_sources(sources, kind, test=test or (), seed=seed, out=out)
    finish(result, as_json=json, view=_lines)


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for side in ("train", "validation", "test"):
        families = result["families"][side]
        named = ", ".join(families[:6]) + (f" and {len(families) - 6} more" if len(families) > 6 else "")
        yield Text(f"{side}: {result[side]} entries, {len(families)} families ({named or 'none'})")
    yield Text(result["leakage"]["summary"])
    if result["file"]:
        yield Text(f"written to {result['file']}")
