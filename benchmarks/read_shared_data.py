"""Read every structure file of a data folder and compare metal and donor counts with what the names promise.

Usage: ``python benchmarks/read_shared_data.py [DATA_DIR] [--out benchmarks/READ_TABLE.md]``

DATA_DIR holds the folders listed in `EXPECTATIONS`; one that is absent is left out. Writes one Markdown table with a
row a set, the time taken, and every exception by name with its reason.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rich.progress import Progress

import mlcluster
from mlcluster.anatomy import Anatomy
from mlcluster.chem.formula import parse_formula
from mlcluster.errors import MlclusterError
from mlcluster.structure import ReadResult

Expected = dict[str, int]

MOST_LISTED = 30
"""Exceptions of one set that are listed by name."""


def from_ausr(name: str, folder: Path) -> Expected:
    """``6e_22_16iso10`` -> 22 Au, 16 S; ``au10`` -> 10 Au, 10 S."""
    found = re.search(r"(\d+)_(?:sr)?(\d+)(?=[^_\d]|$|_iso)", re.sub(r"^\d+e?_(?=\d+_\d+)", "", name), re.IGNORECASE)
    if found:
        return {"Au": int(found[1]), "S": int(found[2])}
    ring = re.fullmatch(r"au(\d+)", name, re.IGNORECASE)
    return {"Au": int(ring[1]), "S": int(ring[1])} if ring else {}


def from_thiolate_name(name: str, folder: Path) -> Expected:
    """``au68SR32-I1_NM.pdb``, ``au38_pet24.gro``, ``Au102(p-MBA)44`` -> metals and sulfurs."""
    found = re.match(r"au(\d+)(?:s[rh]|_pmba|_pet|\(p-mba\))(\d+)", name, re.IGNORECASE)
    return {"Au": int(found[1]), "S": int(found[2])} if found else from_gold_count(name, folder)


def from_gold_count(name: str, folder: Path) -> Expected:
    """``au18_opt`` -> 18 Au."""
    found = re.match(r"au_?(\d+)", name, re.IGNORECASE)
    return {"Au": int(found[1])} if found else {}


def from_cluster_formula(name: str, folder: Path) -> Expected:
    """``Au82Ag20(sch3)44`` -> metals and number of ligands ("L")."""
    head = re.split(r"[(\[_\s]", name, maxsplit=1)[0]
    metals = {m.capitalize(): int(n or 1) for m, n in re.findall(r"(au|ag|cu|pt|pd|cd|hg)(\d*)", head, re.IGNORECASE)}
    ligands = [int(n or 1) for n in re.findall(r"\)(\d*)", name)]
    return {**metals, "L": sum(ligands)} if ligands else metals


def from_table(name: str, folder: Path) -> Expected:
    """Whole composition by the ``formula`` column of the table beside the structures."""
    return (
        {e: int(n) for e, n in parse_formula(_formulas(folder)[name])[0].items()} if name in _formulas(folder) else {}
    )


@cache
def _formulas(folder: Path) -> dict[str, str]:
    with next(folder.glob("*.csv")).open(newline="", encoding="utf-8") as stream:
        return {row.get("entry") or row["name"]: row["formula"] for row in csv.DictReader(stream)}


@dataclass
class Tally:
    """What became of one set."""

    read: int = 0
    atoms: int = 0
    agree: int = 0
    unstated: int = 0
    seconds: float = 0.0
    remarks: Counter[str] = field(default_factory=Counter)
    exceptions: list[str] = field(default_factory=list)


EXPECTATIONS: dict[str, tuple[str, Callable[[str, Path], Expected]]] = {
    "cod": ("*.cif", lambda name, folder: {"Au": 25, "S": 18}),
    "ausr": ("cif/*.cif", from_ausr),
    "nc_database": ("*.extxyz.gz", from_cluster_formula),
    "nanomodeler": ("*.extxyz", from_thiolate_name),
    "gpaw_au102": ("*.extxyz", from_thiolate_name),
    "ausr_flare": ("*.extxyz", from_gold_count),
    "ours": ("*.extxyz*", from_table),
    "pholed": ("*.extxyz", from_table),
    "mbe_tmc": ("*.extxyz.gz", from_table),
}


def frames(path: Path) -> Iterator[int]:
    """Number of frames of a file, counted without parsing them."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt") as stream:
        yield sum("Properties=" in line for line in stream) or 1


def compare(result: ReadResult, expected: Expected) -> str | None:
    """What differs between a cluster and the counts its name promises, or None."""
    held = dict(result.cluster.composition)
    if "L" in expected:
        held["L"] = len(Anatomy(result.cluster).ligands)
    wrong = {key: (n, held.get(key, 0)) for key, n in expected.items() if held.get(key, 0) != n}
    return ", ".join(f"{key} {there} for {n}" for key, (n, there) in wrong.items()) or None


def survey(folder: Path, pattern: str, expect: Callable[[str, Path], Expected], progress: Progress) -> Tally:
    """Read all files of one set."""
    tally = Tally()
    files = sorted(folder.glob(pattern))
    task = progress.add_task(folder.name, total=len(files))
    for path in files:
        start = time.perf_counter()
        try:
            results = mlcluster.read(path)
        except MlclusterError as error:
            tally.exceptions.append(f"`{path.name}`: {error}")
            continue
        finally:
            tally.seconds += time.perf_counter() - start
            progress.advance(task)
        stated = next(frames(path))
        if len(results) != stated and path.suffix != ".cif":
            tally.exceptions.append(f"`{path.name}`: {len(results)} clusters from {stated} frames")
        for result in results:
            name = result.cluster.name
            tally.read += 1
            tally.atoms += len(result.cluster)
            tally.remarks.update(result.report.codes())
            expected = expect(name, folder)
            difference = compare(result, expected)
            tally.agree += difference is None and bool(expected)
            tally.unstated += not expected
            if result.dropped:
                parts = ", ".join(f"{d.count} {d.formula} ({d.why})" for d in result.dropped)
                tally.exceptions.append(f"`{name}`: beside the cluster {parts}")
            elif difference:
                tally.exceptions.append(f"`{name}` ({result.cluster.formula}): {difference}")
    return tally


REASONS = {
    "nc_database": "the name of the first leaves out a number; the second holds a hydride its name does not count.",
    "ausr_flare": "one frame is filed under the name of another cluster at its source; in four frames of a trajectory "
    "a hydrogen has left its carbon.",
    "mbe_tmc": "in the relaxed geometries of the source a weak ligand has left the metal.",
    "cod": "disordered solvent, left out as it should be.",
}


def table(tallies: dict[str, Tally]) -> str:
    """Markdown of all sets."""
    lines = [
        "# Every structure file at hand, read",
        "",
        "Made by `python benchmarks/read_shared_data.py`. Counts agree when metals with sulfurs or ligands equal those",
        "in the name, or the whole composition that of the table beside the structures (`ours`, `pholed`, `mbe_tmc`).",
        "Sets in array form (`tmqm`, `qm9`) hold no structure file.",
        "",
        "| set | structures | atoms | counts agree | name states none | seconds | remarks |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, t in tallies.items():
        remarks = ", ".join(f"{code} {n}" for code, n in t.remarks.most_common(6))
        lines.append(f"| {name} | {t.read} | {t.atoms} | {t.agree} | {t.unstated} | {t.seconds:.1f} | {remarks} |")
    for name, t in tallies.items():
        if t.exceptions:
            lines += ["", f"## Exceptions in {name} ({len(t.exceptions)})", "", REASONS.get(name, ""), ""]
            lines += [f"- {text}" for text in t.exceptions[:MOST_LISTED]]
            if len(t.exceptions) > MOST_LISTED:
                lines.append(f"- and {len(t.exceptions) - MOST_LISTED} more of the same kinds")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/READ_TABLE.md"))
    parser.add_argument("--only", nargs="*", default=list(EXPECTATIONS))
    arguments = parser.parse_args()
    tallies = {}
    with Progress(transient=True) as progress:
        for name in arguments.only:
            pattern, expect = EXPECTATIONS[name]
            if (arguments.data / name).is_dir():
                tallies[name] = survey(arguments.data / name, pattern, expect, progress)
    arguments.out.write_text(table(tallies), encoding="utf-8")
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
