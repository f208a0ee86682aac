"""One screen by many independent tasks, such as those of a job array: who does which parts, and when all is done.

Task k of n does the parts whose number leaves the remainder k when divided by n. Parts are cut by the inputs alone, so
tasks need no word with each other: each writes its parts, whole files under names of their own, and then a record of
them. Whatever is killed is repeated, and what is done twice, even at once, is written twice alike.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, InputError
from mlcluster.prediction.screening.parts import Part
from mlcluster.prediction.screening.screen_record import (
    SCHEMA,
    SHARES,
    check_header,
    locked,
    read_header,
    read_record,
    write_header,
)
from mlcluster.prediction.screening.screen_sentences import screen_sentences
from mlcluster.prediction.screening.screen_table import Parts
from mlcluster.runs import Share, write_whole


def parts_of(share: Share, form: Callable[[], Iterable[Part]]) -> Iterator[Part]:
    """Parts of a share, then those whose rows they repeat.

    Parameters
    ----------
    share
        Which of them.
    form
        Gives all parts in their order, each time anew.
    """
    needs: dict[int, set[int]] = {}
    for part in form():
        if part.needs:
            needs[part.number] = part.needs
        if share.has(part.number):
            yield part
    foreign = set[int]()
    waiting = [need for number in needs if share.has(number) for need in needs[number]]
    while waiting:
        number = waiting.pop()
        if number not in foreign and not share.has(number):
            foreign.add(number)
            waiting += needs.get(number, ())
    if foreign:
        yield from (part for part in form() if part.number in foreign)


def write_share(directory: Path, share: Share, record: Mapping[str, Any]) -> None:
    """Keep what a task says of its share."""
    text = json.dumps({**record, "share": str(share)}, indent=1)
    write_whole(directory / SHARES / f"share-{share.name}.json", text + "\n")


def read_shares(directory: Path) -> list[dict[str, Any]]:
    """What the tasks of a screen have said, in the order of their shares; a torn record counts as absent."""
    found = []
    for path in sorted((directory / SHARES).glob("share-*.json")):
        try:
            found.append(read_record(path) or {})
        except InputError:
            continue
    return found


def check_shares(directory: Path, run: Mapping[str, Any]) -> None:
    """Refuse a directory where other tasks make another screen.

    Raises
    ------
    ConfigError
        Naming what differs.
    """
    for record in read_shares(directory):
        check_header(record, run, directory / SHARES)


def gather(directory: str | Path) -> dict[str, Any]:
    """Check that all tasks of a screen have done their part, and close the screen.

    Parameters
    ----------
    directory
        As given to each ``screen(..., part="3/40")``.

    Returns
    -------
    dict[str, Any]
        As `mlcluster.screen`, with ``missing``, the shares to run again; the screen is finished once there is none.

    Raises
    ------
    InputError
        If no task has left anything here.
    ConfigError
        If they disagree on the inputs or on how to screen them, or another process is at work here.
    """
    started, directory = time.monotonic(), Path(directory)
    records = read_shares(directory)
    if not records:
        raise InputError("no part of a screen here.", file=directory, hint="Make them with: mlcluster screen --part.")
    first = records[0]
    with locked(directory):
        for record in [header for header in [read_header(directory)] if header] + records:
            check_header(record, first["run"], directory)
        ended = [record for record in records if record["finished"]]
        _check_inputs(directory, ended)
        done = {int(number): facts for record in ended for number, facts in record["parts"].items()}
        total = ended[0]["total_parts"] if ended else None
        parts = Parts(directory)
        counts = {number: parts.counts(number, key) for number, (key, _) in done.items()}
        missing = _missing(records, {number for number, count in counts.items() if count is not None}, total)
        found = [count for count in counts.values() if count is not None]
        result = {
            "predicted": sum(count[0] for count in found),
            "failed": sum(count[1] for count in found),
            "repeated": sum(repeated for number, (_, repeated) in done.items() if counts[number] is not None),
        }
        result |= {"inputs": result["predicted"] + result["failed"]}
        result |= {"reused": result["inputs"], "seconds": round(time.monotonic() - started, 2)}
        if not missing:
            parts.tidy()
            parts.remove_from(total or 0)
            kept = {key: first[key] for key in ("run", "command", "model_directory", "environment")}
            header = {"schema": SCHEMA, "finished": True, **kept, "inputs": ended[0]["inputs"], "counts": result}
            write_header(directory, header)
    told = result | {"out": str(directory), "missing": missing}
    return told | {"sentences": screen_sentences(directory, told, first.get("command") or "")}


def _check_inputs(directory: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Refuse tasks that did not see the same inputs."""
    facts = {json.dumps([record["inputs"], record["total_parts"]], sort_keys=True): record for record in records}
    if len(facts) > 1:
        one, other = list(facts.values())[:2]
        raise ConfigError(
            "the parts are of different inputs.",
            file=directory,
            found=f"{one['total_parts']} parts by {one['share']}, {other['total_parts']} by {other['share']}",
            hint="The inputs have changed between them: run all parts again.",
        )


def _missing(records: Iterable[Mapping[str, Any]], there: set[int], total: int | None) -> list[str]:
    """Shares that have to be run again, of the finest division that was begun."""
    of = max(Share.parse(record["share"]).of for record in records)
    if total is None:
        return [str(Share(number, of)) for number in (*range(1, of), 0)]
    absent = {part % of for part in set(range(total)) - there}
    return [str(Share(number, of)) for number in sorted(absent, key=lambda number: number or of)]
