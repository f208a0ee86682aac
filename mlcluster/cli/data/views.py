"""Tables on a terminal of what the data verbs return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_LONGEST_VALUE = 32


def validation_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Findings of each file, then what it holds."""
    for result in results:
        if "findings" not in result:
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


def _labels(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    yield Text(f"  {result['rows']} rows of {result['clusters']} compounds")
    table = Table("channel", "values", "may train")
    for channel, counts in result["labels"].items():
        table.add_row(channel, str(counts["stated"]), str(counts["trainable"]))
    if table.row_count:
        yield table


def addition_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Findings of the table that was to be added, and what was added."""
    for result in results:
        yield from finding_table(result["file"], result["findings"])
        yield Text(f"  {result['added']} rows added; {result['to']} holds {result['rows']}")


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
