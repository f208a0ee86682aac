"""Read a folder of any structure files and list, by verdict, what was doubtful: a test of endurance.

Usage: ``python benchmarks/read_wild.py DIR [--out TABLE.md] [--seconds 60]``

Verdicts: *read* (nothing to look at), *doubtful* (read, with warnings), *partly* (a block failed beside others that
were read), *refused* (one clear error), *slow* (more than the seconds allowed for one file) and *fault* (an exception
that no check foresaw, or a process that died). The last two are faults of mlcluster: the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from rich.progress import Progress

import mlcluster
from mlcluster.errors import MlclusterError
from mlcluster.structure.files import FORMATS, printable

VERDICTS = ("fault", "slow", "refused", "partly", "doubtful", "read")
MOST_LISTED = 200


class Verdict(NamedTuple):
    """What became of one file."""

    file: str
    verdict: str
    said: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    clusters: int = 0
    seconds: float = 0.0


def judge(path: str) -> Verdict:
    """Read one file."""
    start = perf_counter()
    try:
        results = mlcluster.read(path)
    except MlclusterError as error:
        return Verdict(path, "refused", (str(error).removeprefix(path).lstrip(", :"),), seconds=perf_counter() - start)
    except Exception as error:  # noqa: BLE001 # a fault is what is looked for
        return Verdict(path, "fault", (f"{type(error).__name__}: {error}",), seconds=perf_counter() - start)
    entries = [entry for result in results for entry in result.report.entries if entry.level == "warning"]
    formulas = ", ".join(dict.fromkeys(result.cluster.formula for result in results))
    messages = dict.fromkeys(f"{entry.code}: {entry.message}" for entry in entries)
    said = (formulas, *(str(error) for error in results.failed), *messages)
    verdict = "partly" if results.failed else "doubtful" if entries else "read"
    codes = tuple(sorted({entry.code for entry in entries}))
    return Verdict(path, verdict, said, codes, len(results), perf_counter() - start)


def _serve(pipe: Connection) -> None:
    while True:
        pipe.send(judge(pipe.recv()))


class Reader:
    """A process of its own that reads one file after the other, made anew when one takes too long or kills it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()

    def __call__(self, path: str) -> Verdict:
        """Verdict on one file."""
        try:
            self._pipe.send(path)
            if self._pipe.poll(self.seconds):
                return self._pipe.recv()
            verdict = Verdict(path, "slow", (f"more than {self.seconds:g} s",), seconds=self.seconds)
        except (EOFError, OSError):
            verdict = Verdict(path, "fault", ("the process that read it died",))
        self.close()
        self._start()
        return verdict

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def files_in(folder: Path) -> list[Path]:
    """Every file with the name of a structure, all the way down."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            ending = Path(name.lower().removesuffix(".gz")).suffix
            if ending in FORMATS or name.lower().startswith(("poscar", "contcar")):
                found.append(Path(root) / name)
    return sorted(found)


def table(verdicts: list[Verdict], folder: Path) -> str:
    """Markdown: counts, codes of the doubts, and every file that was not simply read."""
    counts = Counter(each.verdict for each in verdicts)
    seconds = sum(each.seconds for each in verdicts)
    clusters = sum(each.clusters for each in verdicts)
    lines = [f"# {len(verdicts)} files of {folder.name}", "", "Made by `python benchmarks/read_wild.py`.", ""]
    lines += ["| verdict | files |", "|---|---|", *(f"| {name} | {counts[name]} |" for name in VERDICTS)]
    lines += ["", f"{clusters} clusters in {seconds:.0f} s.", "", "| doubt | files |", "|---|---|"]
    codes = Counter(code for each in verdicts for code in each.codes)
    lines += [f"| `{code}` | {n} |" for code, n in codes.most_common()]
    for name in VERDICTS[:-1]:
        chosen = [each for each in verdicts if each.verdict == name]
        if chosen:
            lines += ["", f"## {name} ({len(chosen)})", ""]
        for each in chosen[:MOST_LISTED]:
            lines.append(f"- `{printable(os.path.relpath(each.file, folder))}`: {'; '.join(each.said)[:600]}")
        if len(chosen) > MOST_LISTED:
            lines.append(f"- and {len(chosen) - MOST_LISTED} more")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="file for the table; standard output when not given")
    parser.add_argument("--seconds", type=float, default=60.0, help="most that one file may take")
    arguments = parser.parse_args()
    files = files_in(arguments.folder)
    reader = Reader(arguments.seconds)
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        verdicts = [reader(str(path)) for path in progress.track(files)]
    reader.close()
    text = table(verdicts, arguments.folder)
    if arguments.out is None:
        print(text, end="")
    else:
        arguments.out.write_text(text, encoding="utf-8")
    return int(any(each.verdict in ("fault", "slow") for each in verdicts))


if __name__ == "__main__":
    sys.exit(main())
