"""What a screen says in plain words: how many were predicted, by what they can be ranked, and how to go on."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.display import shell_word
from mlcluster.labels.targets import TARGETS
from mlcluster.prediction.prediction_sentences import AVERAGE
from mlcluster.prediction.screening.screen_record import read_header
from mlcluster.prediction.screening.screen_table import part_files
from mlcluster.units import number_text

_COLUMNS = ("id", "target", "value", "unit", "applicability", "informative", "error")


def screen_sentences(directory: str | Path, counts: Mapping[str, Any], command: str = "") -> list[str]:
    """Sentences about a screen; the last is the command that ranks it, or that of the first part that is missing.

    Parameters
    ----------
    directory
        Of the screen.
    counts
        ``inputs``, ``predicted``, ``failed``, ``reused``, ``repeated`` and ``seconds``, as `mlcluster.screen` has them,
        with ``part``, ``missing`` and ``refined`` where there are.
    command
        That of one part, where parts are missing: theirs differ by the part alone.

    Raises
    ------
    InputError
        If there is no screen in this directory.
    """
    import pyarrow.parquet as pq

    out = counts.get("out", directory)
    if "part" in counts:
        folder = shell_word(out)
        done = f"This was part {counts['part']}; rows are in {out}."
        return [
            _counted(counts),
            done,
            f"Next, when all parts are done: mlcluster screen gather {folder}",
        ]
    if counts.get("missing"):
        return [_counted(counts), *_missing(counts["missing"], command)]
    outside, inside = 0, 0
    values: dict[str, list[float]] = defaultdict(list)
    units: dict[str, str] = {}
    blind: set[str] = set()
    for path in part_files(directory):
        columns = pq.read_table(path, columns=list(_COLUMNS), use_threads=False).to_pydict()
        strange: dict[str, bool] = {}
        for name, target, value, unit, where, informative, error in zip(*columns.values(), strict=True):
            if error is not None or target is None:
                continue
            if informative is False:
                blind.add(target)
                continue
            values[target].append(value)
            units[target] = unit
            strange[name] = strange.get(name, False) or where == "outside"
        outside += sum(strange.values())
        inside += len(strange) - sum(strange.values())
    told = [target for target in TARGETS if target in values]
    sentences = [_counted(counts)]
    ranges = []
    for target in told:
        ends = " to ".join(number_text(float(end), units[target]) for end in (min(values[target]), max(values[target])))
        ranges.append(f"{target.replace('_', ' ')} ({ends} {units[target]})")
    sentences += [f"It can be ranked by {', '.join(ranges)}."] if told else []
    unknown = [target.replace("_", " ") for target in TARGETS if target in blind and target not in values]
    sentences += [f"{', '.join(unknown).capitalize()}: {AVERAGE}."] if unknown else []
    if outside:
        sentences.append(f"{outside} of {inside + outside} have values outside what the models have seen.")
    if ((read_header(directory) or {}).get("run") or {}).get("ligands") == "capped":
        sentences.append("The network saw ligands cut down to what binds (SR to SH, PR3 to PH3).")
    sentences += [_refined(counts["refined"])] if "refined" in counts else []
    sentences.append(f"Rows are in {out}.")
    if told:
        middle = number_text(float(np.median(values[told[0]])), units[told[0]])
        sentences.append(f'Next: mlcluster rank {shell_word(out)} --want "{told[0]}>{middle}"')
    else:
        sentences.append(f"Next: look at the column error of the table in {out}.")
    return sentences


def _missing(missing: Sequence[str], command: str) -> list[str]:
    """Which parts to run again, and the command of the first of them."""
    last = next((part for part in missing if len(set(part.split("/"))) == 1), None)
    same = "" if last is None else f" ({last} is the task 0 where they are counted from 0)"
    words = [re.sub(r"^(--part=|)\d+/\d+$", rf"\g<1>{missing[0]}", word) for word in shlex.split(command)]
    again = shlex.join(["mlcluster", *words[1:]]) if "screen" in words else f"the call of another part, as {missing[0]}"
    return [f"Not complete. Run these parts again: {', '.join(missing)}{same}.", f"Next: {again}"]


def _refined(refined: Mapping[str, Any]) -> str:
    rounds = f"{refined['rounds']} round{'' if refined['rounds'] == 1 else 's'}"
    said = f"{refined['calculated']} calculated for these criteria in {rounds}"
    said += f", {refined['refused']} without a result" if refined["refused"] else ""
    if refined["estimated"]:
        said += f"; {refined['estimated']} other clusters estimated from them"
    if refined["error"] is not None:
        unit = f" {refined['error_unit']}" if refined["error_unit"] else ""
        said += f" (mean error before calculation {refined['error']:.3g}{unit}, {refined['channel']})"
    return f"{said}. The column basis says which is which."


def _counted(counts: Mapping[str, Any]) -> str:
    failed = f", {counts['failed']} failed" if counts["failed"] else ""
    before = f"; {counts['reused']} were there before" if counts["reused"] else ""
    same = f"; {counts['repeated']} repeat another" if counts["repeated"] else ""
    inputs = f"{counts['inputs']} structure{'' if counts['inputs'] == 1 else 's'}"
    return f"{counts['predicted']} of {inputs} predicted{failed}{before}{same}; {counts['seconds']:.1f} s."
