"""``mlcluster data list``, ``validate``, ``add``, ``link``: what there is to learn from, and labels of your own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def list_sources(json: options.Json = False, debug: options.Debug = False) -> None:
    """List the sources of structures and labels.

    Items, labels of each target and method, families, licence, and whether a source is here or how to get it.
    """
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.report.written_rows import catalogue

        results = catalogue()
    finish(results, as_json=json, view=catalogue_tables)


DataConfig = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Take source, options and targets from a configuration.", dir_okay=False
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="What a source needs (repeatable): path=own.csv, 'labels={gap:optical: {column: gap_ev, unit: eV}}'.",
    ),
]


def validate(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CSV|SOURCE]...",
            help="Tables of measurements or pairs, otherwise the bundled ones; or a source of structures with labels.",
        ),
    ] = None,
    option: SourceOption = None,
    config: DataConfig = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check tables of measurements and pairs, or structures with labels.

    Every fault is listed with row, column, value and rule. An error refuses its row (exit code 1); a warning asks
    for a look; notes, shown by --json, say what was not checked, and what reading did to a structure. With --config
    all is checked that a training looks at before it makes a run.
    """
    with running("Checking", as_json=json, debug=debug):
        from mlcluster.levels.validation import validate as check

        results = check(tables or (), options.source_options(option), config=config)
    finish(results, as_json=json, view=validation_tables)


def add(
    table: Annotated[
        Path, typer.Argument(metavar="CSV", help="Columns as in the bundled table.", exists=True, dir_okay=False)
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Directory of your own table.", file_okay=False)],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Append measurements to a table of your own.

    The rows pass the checks of validate first, and none may stand in that table or in the bundled one; if one row
    is refused, none is added (exit code 1).
    """
    with running("Checking", as_json=json, debug=debug):
        from mlcluster.labels.literature.additions import add as append

        results = append(table, to)
    finish(results, as_json=json, view=addition_tables)


def link(
    cifs: Annotated[Path, typer.Option(metavar="DIR", help="Directory with CIFs.", exists=True, file_okay=False)],
    table: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Table of measurements; otherwise the bundled one.", exists=True, dir_okay=False
        ),
    ] = None,
    manifest: options.Manifest = None,
    out: options.Out = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Match crystal structures to the records of the literature.

    By metals, ligands and charge, with the reason for every match. Isomers are never told apart by guessing: where
    several records fit, all are listed. A charge that the file does not tell can be stated with --manifest.
    """
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.labels.literature.linking import link as match
        from mlcluster.report.written_rows import check_table_name, write_table

        check_table_name(out)
        items = options.inputs(None, manifest, {}) if manifest is not None else []
        charges = {Path(item.file): item.charge for item in items if item.charge is not None}
        results = match(cifs, table, charges=charges)
        named = [{**row, "candidates": [one["cluster_id"] for one in row.get("candidates", ())]} for row in results]
        write_table(named, out)
    finish(results, as_json=json, view=link_tables)


_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_LONGEST_VALUE = 32


def validation_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Findings of each file, then what it holds."""
    for result in results:
        if "findings" not in result:
            continue
        if result["holds"] == "structures":
            yield from _structures(result)
            continue
        yield from finding_table(result["file"], result["findings"])
        if result["holds"] == "measurements":
            yield from _labels(result)
        else:
            yield Text(
                f"  {result['rows']} pairs, {result['unmeasured']} with a member that has no measurement; "
                f"{result['compared']} compared by composition, {result['by_identifier']} of them by an identifier; "
                f"{result['agreeing']} are of the kind stated"
            )


def finding_table(title: str, findings: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Errors and warnings a row each; notes only counted."""
    shown = [found for found in findings if found["level"] != "note"]
    if shown:
        table = Table(
            "line", "row", "compound", "column", "value", "finding", title=escape(title), title_justify="left"
        )
        for found in shown:
            value = str(found["value"])
            table.add_row(
                str(found["line"]),
                escape(found["row"]),
                escape(found["entry"]),
                found["column"],
                escape(value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 3]}..."),
                Text(f"{found['level']}: {found['rule']}: {found['message']}", style=_STYLES[found["level"]]),
            )
        yield table
    counts = {level: sum(found["level"] == level for found in findings) for level in _STYLES}
    yield Text(f"{title}: " + ", ".join(f"{n} {level}{'' if n == 1 else 's'}" for level, n in counts.items()))


def _structures(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    shown = [found for found in result["findings"] if found["level"] != "note"]
    if shown:
        table = Table("entry", "finding", title=escape(result["file"]), title_justify="left")
        for found in shown:
            words = f"{found['rule']}: {found['message']}"
            table.add_row(escape(found["entry"]), Text(words, style=_STYLES[found["level"]]))
        yield table
    notes = len(result["findings"]) - len(shown)
    yield Text(f"{result['file']}: {result['errors']} left out, {result['warnings']} to look at, {notes} notes")
    yield Text(f"  {result['entries']} entries of {result['families']} families")
    yield from _channels(result["labels"])


def _labels(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    yield Text(f"  {result['rows']} rows of {result['clusters']} compounds")
    yield from _channels(result["labels"])


def _channels(labels: Mapping[str, Mapping[str, int]]) -> Iterator[Table]:
    table = Table("channel", "values", "may train")
    for channel, counts in labels.items():
        table.add_row(channel, str(counts["stated"]), str(counts["trainable"]))
    if table.row_count:
        yield table


def addition_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """What was added in words, then the findings about the table that was to be added."""
    from mlcluster.report.measured_tables import paragraph

    for result in results:
        for sentence in result["sentences"]:
            yield from paragraph(sentence)
        yield from finding_table(result["file"], result["findings"])


def link_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """One row a cluster: what it was matched to and why; candidates below where there are several."""
    rows = [row for row in results if "error" not in row]
    styles = {"matched": "green", "possible": "yellow", "ambiguous": "yellow", "unmatched": "dim"}
    table = Table("file", "cluster", "charge", "status", "record", "reason")
    for row in rows:
        charge = "?" if row["charge"] is None else f"{row['charge']:+d}"
        status = Text(row["status"], style=styles[row["status"]])
        table.add_row(
            escape(row["file"]), escape(row["formula"]), charge, status, row["record"] or "-", escape(row["reason"])
        )
    if rows:
        yield table
    for row in rows:
        if row["status"] not in {"ambiguous", "possible"}:
            continue
        for candidate in row["candidates"]:
            kernel = candidate["kernel"] or "kernel not stated"
            yield Text(f"  {row['formula']} may be {candidate['cluster_id']}: {candidate['formula']}, {kernel}")


def catalogue_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """One row a source, then how to get those that are not here."""
    styles = {"bundled": "green", "prepared": "green", "yours": "cyan", "not here": "dim"}
    table = Table("source", "items", "labels", "families", "licence", "state")
    for row in results:
        labels = "\n".join(f"{channel} {count}" for channel, count in row["labels"].items()) or "-"
        families = "-" if row["families"] is None else str(row["families"])
        table.add_row(
            row["name"],
            str(row["entries"] or "-"),
            labels,
            families,
            escape(row["licence"]),
            Text(row["state"], style=styles[row["state"]]),
        )
    yield table
    for row in results:
        if row["state"] == "not here":
            yield Text(f"  {row['name']}: {row['obtain']} Then: mlcluster data prepare {row['name']} --from PATH")
