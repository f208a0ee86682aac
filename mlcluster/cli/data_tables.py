"""What the data verbs return, on a terminal of 80 columns: sentences first, then lists and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.report.measured_tables import narrow_table, paragraph

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_STATES = {"bundled": "green", "prepared": "green", "yours": "cyan", "not here": "dim"}
_MATCHES = {"matched": "green", "possible": "yellow", "ambiguous": "yellow", "unmatched": "dim"}
_LONGEST_VALUE = 32
_FAMILIES_SHOWN = 6


def catalogue_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """What is here in words, one row a source, their labels, then how to get those that are not here."""
    here = [row for row in results if row["state"] in ("bundled", "prepared")]
    absent = [row for row in results if row["state"] == "not here"]
    items = sum(row["entries"] or 0 for row in here)
    measured = [row["name"] for row in here if any(channel.endswith(":measured") for channel in row["labels"])]
    told = f"{len(here)} sources with {items} items are here, {len(absent)} are not. With measured values: "
    yield from paragraph(f"{told}{', '.join(measured) or 'none'}; the others here have calculated ones.")
    yield from paragraph("Next: mlcluster data validate NAME, or mlcluster data prepare NAME --from PATH.")
    yield Text("")
    table = narrow_table(("source", 17), ("items", 7), ("families", 8), ("state", 8), ("licence", 24))
    for row in results:
        families = "-" if row["families"] is None else str(row["families"])
        state = Text(row["state"], style=_STATES[row["state"]])
        table.add_row(row["name"], str(row["entries"] or "-"), families, state, escape(row["licence"]))
    yield table
    yield Text("Labels", style="bold")
    for row in results:
        if row["labels"]:
            counted = ", ".join(f"{channel} {count}" for channel, count in row["labels"].items())
            yield from paragraph(f"{row['name']}: {counted}", "  ")
    if absent:
        yield Text("Not here", style="bold")
    for row in absent:
        yield from paragraph(f"{row['name']}: {row['obtain']}", "  ")
        yield from paragraph(f"Then: mlcluster data prepare {row['name']} --from PATH", "    ")


def validation_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """Whether anything is refused, in words; then the findings of each file and what it holds."""
    checked = [result for result in results if "findings" in result]
    if not checked:
        return
    yield from paragraph(_verdict(checked))
    yield Text("")
    for result in checked:
        if result["holds"] == "structures":
            yield from _structures(result)
            continue
        yield from finding_lines(result["file"], result["findings"])
        if result["holds"] == "measurements":
            yield Text(f"  {result['rows']} rows of {result['clusters']} compounds")
            yield from _channels(result["labels"])
        else:
            yield from paragraph(
                f"{result['rows']} pairs, {result['unmeasured']} with a member that has no measurement; "
                f"{result['compared']} compared by composition, {result['by_identifier']} of them by an identifier; "
                f"{result['agreeing']} are of the kind stated",
                "  ",
            )


def _verdict(results: Sequence[Mapping[str, Any]]) -> str:
    levels = [found["level"] for result in results for found in result["findings"]]
    n = f"{_counted(len(results), 'set')} of data checked"
    looks = f"to look at: {_counted(levels.count('warning'), 'finding')}"
    if "error" in levels:
        errors = f"{_counted(levels.count('error'), 'error')}, and what has one is refused"
        return f"{n}: {errors}; {looks}. Next: correct the lines named and check again."
    return f"{n}: nothing is refused; {looks}. Next: mlcluster train CONFIG, which learns from what may train."


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def finding_lines(title: str, findings: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """Name of a file and how much was found in it; then errors and warnings, each with its row; notes only counted."""
    counts = [(level, sum(found["level"] == level for found in findings)) for level in _STYLES]
    errors, *others = (_counted(n, level) for level, n in counts)
    head, tail = f"{title}: {errors}", ", ".join(others)
    yield Text(head, style="bold")
    yield Text(f"  {tail}")
    for found in findings:
        if found["level"] == "note":
            continue
        value = str(found["value"])
        value = value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 3]}..."
        line = f"line {found['line']}"
        row = " ".join(filter(None, (found["row"] if found["row"] != line else "", found["entry"])))
        place = ", ".join(filter(None, (line, row, f"{found['column']} {value}".strip())))
        yield from _styled(f"{place}: {found['level']}: {found['rule']}: {found['message']}", found["level"])


def _styled(text: str, level: str) -> Iterator[Text]:
    for line in paragraph(text, "  "):
        line.stylize(_STYLES[level])
        yield line


def _structures(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    shown = [found for found in result["findings"] if found["level"] != "note"]
    notes = len(result["findings"]) - len(shown)
    yield from paragraph(
        f"{result['file']}: {result['errors']} left out, {result['warnings']} to look at, {notes} notes"
    )
    for found in shown:
        yield from _styled(f"{found['entry']}: {found['rule']}: {found['message']}", found["level"])
    yield Text(f"  {result['entries']} entries of {result['families']} families")
    yield from _channels(result["labels"])


def _channels(labels: Mapping[str, Mapping[str, int]]) -> Iterator[Table]:
    table = narrow_table(("channel", 50), ("values", 8), ("may train", 9))
    for channel, counts in labels.items():
        table.add_row(channel, str(counts["stated"]), str(counts["trainable"]))
    if table.row_count:
        yield table


def addition_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """What was added in words, then the findings about the table that was to be added."""
    for result in results:
        for sentence in result["sentences"]:
            yield from paragraph(sentence)
        yield from finding_lines(result["file"], result["findings"])


def link_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """How many crystals and models have a record, in words; then each with what it was matched to and why."""
    crystals = [row for row in results if row.get("geometry") != "model"]
    models = [row for row in results if row.get("geometry") == "model"]
    if crystals:
        yield from _linked_crystals(crystals)
    if models:
        told = f"{_counted(len(models), 'record')} and the frameworks of mlcluster: {_statuses(models)}. What is "
        told += "matched or possible has a model geometry, which is not a crystal; where isomers fit there is none."
        yield from paragraph(f"{told} Next: mlcluster data validate literature_models shows what is measured of them.")
        for row in models:
            yield Text("")
            yield Text(row["cluster"], style="bold")
            edits = f"; {row['edits']}" if row["edits"] else ""
            made = "model geometry, not a crystal" if row["record"] else "no model geometry"
            yield from _linked(row, f"{made}: {row['framework']}{edits}; ")


def _linked_crystals(results: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    rows = [row for row in results if "error" not in row]
    told = f"{_counted(len(rows), 'cluster')} of crystal structures: {_statuses(rows)}."
    unsure = any(row["charge"] is None or row["status"] == "possible" for row in rows)
    ask = "--manifest states charges that a file does not tell; then " if unsure else ""
    yield from paragraph(f"{told} Next: {ask}mlcluster known FILE shows what is measured.")
    shown = ""
    for row in rows:
        if row["file"] != shown:
            yield Text("")
            yield Text(row["file"], style="bold")
            shown = row["file"]
        yield from _linked(row)
        if row["status"] in {"ambiguous", "possible"}:
            for candidate in row["candidates"]:
                kernel = candidate["kernel"] or "kernel not stated"
                yield from paragraph(f"may be {candidate['cluster_id']}: {candidate['formula']}, {kernel}", "    ")


def _statuses(rows: Sequence[Mapping[str, Any]]) -> str:
    counts = {status: sum(row["status"] == status for row in rows) for status in _MATCHES}
    return ", ".join(f"{n} {status}" for status, n in counts.items() if n or status == "matched")


def _linked(row: Mapping[str, Any], made_of: str = "") -> Iterator[Text]:
    number = "unknown" if row["charge"] is None else f"{row['charge']:+d}".replace("+0", "0")
    status = f"{row['status']}{' to ' + row['record'] if row['record'] else ''}"
    for line in paragraph(f"{made_of}{row['formula']}, charge {number}: {status}. Reason: {row['reason']}", "  "):
        line.stylize(_MATCHES[row["status"]])
        yield line


def split_lines(result: Mapping[str, Any]) -> Iterator[Text]:
    """How many entries each side has and whether anything leaks, in words; then the families and the leakage."""
    n = sum(result[side] for side in ("train", "validation", "test"))
    told = f"{n} entries of {', '.join(result['sources'])} are divided: {result['train']} to learn from, "
    told += f"{result['validation']} to stop on, {result['test']} held out."
    leaks = "Some of what is held out is known from training, so errors will look too small."
    told += f" {leaks if result['leaks'] else 'Nothing that is held out is known from training.'}"
    yield from paragraph(told)
    yield from paragraph("Next: mlcluster train CONFIG, which divides like this and sets the mean beside the model.")
    yield Text("")
    for side in ("train", "validation", "test"):
        families = result["families"][side]
        more = f" and {len(families) - _FAMILIES_SHOWN} more" if len(families) > _FAMILIES_SHOWN else ""
        named = ", ".join(families[:_FAMILIES_SHOWN]) + more
        yield from paragraph(f"{side}: {result[side]} entries, {len(families)} families ({named or 'none'})", "  ")
    if result["skipped"]:
        first = result["skipped"][0]
        left = f"{len(result['skipped'])} entries left out, the first: {first['entry']}: {first['error']}"
        yield from paragraph(left, "  ")
    yield from paragraph(result["leakage"]["summary"])
    if result["file"]:
        yield Text(f"written to {result['file']}")
