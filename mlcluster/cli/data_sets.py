"""``mlcluster data prepare``, ``compute``, ``split``: sets of structures to train on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running, stderr_console
from mlcluster.cli.data_labels import DataConfig, SourceOption, add, link, list_sources, validate

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def prepare(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a source, as mlcluster data list shows it.")],
    copy: Annotated[
        Path | None, typer.Option("--from", metavar="PATH", help="Your copy of the original: a folder or file.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take a copy that lacks entries or labels of the card.")
    ] = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Read your copy of a source, check its counts and write it in the form that training loads.

    Nothing is downloaded: without a copy, the message says where to get one. What is written lies in the directory
    MLCLUSTER_DATA_DIR, or else in .mlcluster/data of the project.
    """
    with running(f"Preparing {name}", as_json=json, debug=debug):
        from mlcluster.data.preparation import prepare as write

        done = write(name, copy, partial=partial)
        result = {
            "name": done.name,
            "directory": str(done.directory),
            "entries": done.entries,
            "atoms": done.atoms,
            "families": done.families,
            "labels": done.labels,
            "failed": [{"item": item.name, "error": item.error} for item in done.failed],
        }
    finish(result, as_json=json, view=_prepared)
    for item in done.failed:
        print(f"{item.name}: {item.error}", file=sys.stderr)
    if done.failed:
        raise typer.Exit(1)


def _prepared(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    labels = ", ".join(f"{count} {channel}" for channel, count in result["labels"].items()) or "no labels"
    counts = f"{result['entries']} entries, {result['atoms']} atoms, {result['families']} families"
    yield Text(f"{result['name']}: {counts}; {labels}")
    yield Text(f"written to {result['directory']}")


ComputedSet = Annotated[
    str, typer.Argument(metavar="SET", help="Structure file, directory of such files, or name of a data source.")
]
ComputedOut = Annotated[
    Path, typer.Option(metavar="DIR", file_okay=False, help="Directory for the results; what is in it is not repeated.")
]


def compute(
    source: ComputedSet,
    out: ComputedOut,
    method: Annotated[str, typer.Option(help="gfn1-xtb or dft-pbe-lanl2dz (extra dft).")] = "gfn1-xtb",
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Calculate at most N new structures.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Calculations at a time, one core each.")] = 1,
    part: options.Part = None,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Calculate gaps of a set of structures.

    Each result is kept as soon as it is there, so an interrupted run goes on where it stood when started again.
    Structures that fail or whose gap cannot serve as a label are listed with the reason (exit code 1). After all parts
    of a job array, the same command without --part gathers them.
    """
    with running(as_json=json, debug=debug):
        from mlcluster.data.compute import compute as calculate
        from mlcluster.runs import ProgressBars

        with ProgressBars(stderr_console()) as bars:
            number = bars.add(method)
            result = calculate(
                source,
                out,
                method=method,
                limit=limit,
                processes=processes,
                part=part,
                on_progress=lambda done, total, entry: bars.update(number, done, total=total),
                charge=charge,
                multiplicity=multiplicity,
            )
    finish(result, as_json=json, view=_computed)
    if result["failed"]:
        raise typer.Exit(1)


def _computed(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    if result["failed"]:
        table = Table("entry", "no label because")
        for failure in result["failed"]:
            table.add_row(escape(failure["entry"]), escape(str(failure["reason"])))
        yield table
    place = f" in {result['labels']}" if result["labels"] else f"; this was part {result['part']}"
    yield Text(
        f"{result['method']}: {result['inputs']} structures, {result['computed']} calculated now, {result['reused']} "
        f"before, {result['accepted']} labels{place}"
    )


def split(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Names, as mlcluster data list shows them.")
    ] = None,
    kind: Annotated[str, typer.Option(help="family, size, official or random.")] = "family",
    test: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A family to hold out (repeatable), or the official test set."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses what is not named.")] = 0,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the split here, as JSON.")] = None,
    option: SourceOption = None,
    config: DataConfig = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Split sources and report what leaks.

    For each test entry the nearest training entry is found by structure; families on both sides, the same cluster in
    another source and pairs torn apart are counted.
    """
    with running("Splitting", as_json=json, debug=debug):
        from mlcluster.cli.data_tables import split_lines
        from mlcluster.data.splitters import split_sources
        from mlcluster.levels.validation import sources_of

        named, given = sources_of(sources or (), options.source_options(option), config=config)
        result = split_sources(named, kind, test=test or (), seed=seed, out=out, options=given)
    finish(result, as_json=json, view=split_lines)


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(name="list")(list_sources)
for _verb in (validate, add, link, prepare, compute, split):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """List, check, extend, prepare, calculate and split labels and structures."""
