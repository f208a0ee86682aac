"""Anatomy of every protected cluster of a data folder beside what is published of it.

Usage: ``python -m benchmarks.anatomy_of_shared_data [DATA_DIR] [--out benchmarks/ANATOMY_TABLE.md]``

Published counts are those of `published_anatomy.csv`, blind to elements: M for a metal, X for a thiolate. Writes one
Markdown table with a row a published cluster, one with a row a set, and every exception by name with its reason.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import Parts
from mlcluster.chem.elements import is_metal
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources import ausr, ausr_flare, cod, gpaw_au102, nanomodeler, nc_database
from mlcluster.structure.cluster import Cluster

SOURCES = {
    "cod": cod,
    "gpaw_au102": gpaw_au102,
    "nanomodeler": nanomodeler,
    "nc_database": nc_database,
    "ausr": ausr,
    "ausr_flare": ausr_flare,
}
TABLE = Path(__file__).parent / "published_anatomy.csv"
Counts = tuple[int, dict[str, int]]
"""Kernel metals, and how many staples there are of each blind formula."""

_HOT = "frames of molecular dynamics at 200 to 400 K; heat moves metals of a surface off and onto lattice sites"
REASONS = {
    "Au18(SR)14": _HOT,
    "Au28(S-c-C6H11)20": _HOT,
    "Au36(SR)24": _HOT,
    "Au44(SR)28": _HOT,
    "Au40(SR)24": "the three Au3(SR)4 lie on vertices of cuboctahedra, as chains of Au28(SR)20 do that count as "
    "kernel; they are reported as chains on lattice sites",
    "Au279(SR)84": "alloys: silver distorts the polyhedra at the surface, which decide on lattice sites",
}
"""Why a published count is not met, where the reason was looked for."""


@dataclass(frozen=True)
class Published:
    """One row of the table: name, patterns of ``source/entry``, counts and where they are from."""

    name: str
    entries: tuple[str, ...]
    counts: Counts
    reference: str


@dataclass
class Tally:
    """What became of the structures of one row or set."""

    met: int = 0
    found: dict[str, list[str]] = field(default_factory=dict)


def published() -> list[Published]:
    """Rows of `published_anatomy.csv`."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return [
            Published(
                row["name"],
                tuple(row["entries"].split()),
                (int(row["kernel"]), _units(row["units"])),
                row["reference"],
            )
            for row in csv.DictReader(handle)
        ]


def _units(text: str) -> dict[str, int]:
    return {unit: int(n) for n, unit in re.findall(r"(\d+) (M?\d*X\d*)", text)}


def row_of(rows: Iterable[Published], source: str, entry: str) -> Published | None:
    """The first row that names an entry."""
    path = f"{source}/{entry}"
    return next((row for row in rows if any(fnmatchcase(path, pattern) for pattern in row.entries)), None)


def blind(parts: Parts) -> Counts:
    """Counts with M for every metal and X for every donor."""
    units = Counter(_blind_formula(len(staple.metals), len(staple.donors)) for staple in parts.staples)
    return parts.counts.get("kernel metal", 0), dict(units)


def _blind_formula(metals: int, donors: int) -> str:
    m, x = (str(n) if n > 1 else "" for n in (metals, donors))
    return (f"M{m}" if metals else "") + f"X{x}"


def spoken(counts: Counts) -> str:
    """``"M13 + 6 M2X3"``."""
    kernel, units = counts
    return " + ".join([f"M{kernel}", *(f"{n} {unit}" for unit, n in sorted(units.items(), key=lambda item: item[0]))])


def faults(cluster: Cluster, parts: Parts) -> list[str]:
    """What does not add up in the parts of a protected cluster."""
    counts = parts.counts
    metals = counts.get("kernel metal", 0) + counts.get("surface metal", 0)
    metals += sum(len(staple.metals) for staple in parts.staples)
    wrong = []
    if metals != int(is_metal(cluster.numbers).sum()):
        wrong.append("metals in two parts")
    if stray := counts.get("ion or solvent", 0):
        wrong.append(f"{stray} atoms in no ligand")
    sulfur = int(np.isin(cluster.numbers, (16, 34)).sum())
    if sulfur != sum(len(staple.donors) for staple in parts.staples):
        wrong.append("sulfur in no staple or bridge")
    ligands = sum(ligand.kind != "hydride" for ligand in Anatomy(cluster).ligands)
    if sulfur != ligands or not ligands:
        wrong.append(f"{sulfur} sulfurs in {ligands} ligands")
    return wrong


def entries(folder: Path, thin: int = 1) -> Iterator[tuple[str, LabelledCluster]]:
    """Protected clusters of every source at hand; of the alloys on four frameworks each `thin`-th."""
    alloys = count()
    for name, source in SOURCES.items():
        if (folder / name).is_dir():
            for item in source.read(folder / name):
                if not item.entry.startswith("AuAg_NCs") or next(alloys) % thin == 0:
                    yield name, item


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/ANATOMY_TABLE.md"))
    parser.add_argument("--thin", type=int, default=1, help="take each Nth of the 360 Au/Ag alloys of nc_database")
    options = parser.parse_args()
    rows = published()
    tallies = {row.name: Tally() for row in rows}
    sets: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    for source, item in entries(options.data, options.thin):
        start = time.process_time()
        parts = Anatomy(item.cluster).parts
        tally = sets.setdefault(source, Counter())
        tally["seconds"] += round(1000 * (time.process_time() - start))  # milliseconds
        tally["structures"] += 1
        found = faults(item.cluster, parts)
        tally["add up"] += not found
        wrong += [f"- `{source}/{item.entry}` ({item.cluster.formula}): {'; '.join(found)}"] if found else []
        row = row_of(rows, source, item.entry)
        if row is None:
            continue
        tally["published"] += 1
        if blind(parts) == row.counts:
            tallies[row.name].met += 1
            tally["met"] += 1
        else:
            tallies[row.name].found.setdefault(spoken(blind(parts)), []).append(f"{source}/{item.entry}")
    options.out.write_text(_markdown(rows, tallies, sets, wrong, options.thin), encoding="utf-8")


def _markdown(
    rows: list[Published],
    tallies: dict[str, Tally],
    sets: dict[str, Counter[str]],
    wrong: list[str],
    thin: int,
) -> str:
    lines = [
        "# Anatomy of every protected cluster at hand",
        "",
        f"Made by `python -m benchmarks.anatomy_of_shared_data --thin {thin}`: one in {thin} of the 360 alloys of",
        "`nc_database`, near-duplicates on four frameworks. M is any metal, X a thiolate or sulfide; X alone is a",
        "bridge. A structure meets the published anatomy when its kernel and every count of staples and bridges do.",
        "",
        "| cluster | published | structures | met | reference |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        tally = tallies[row.name]
        total = tally.met + sum(map(len, tally.found.values()))
        lines.append(f"| {row.name} | {spoken(row.counts)} | {total} | {tally.met} | {row.reference} |")
    lines += [
        "",
        "| set | structures | parts add up | with published anatomy | met | CPU seconds |",
        "|---|---|---|---|---|---|",
    ]
    for name, counts in sets.items():
        values = (counts[key] for key in ("structures", "add up", "published", "met"))
        lines.append(f"| {name} | {' | '.join(map(str, values))} | {counts['seconds'] / 1000:.1f} |")
    lines += ["", "Parts add up when every metal is in one part, every atom in a ligand or part, every sulfur in a"]
    lines += ["staple or bridge.", "", "## Published anatomy not met", ""]
    for row in rows:
        for found, names in tallies[row.name].found.items():
            listed = ", ".join(f"`{name}`" for name in names[:6]) + (f" and {len(names) - 6} more" if names[6:] else "")
            why = f" Reason: {REASONS[row.name]}." if row.name in REASONS else ""
            lines.append(f"- {row.name}, found {found} ({len(names)}): {listed}.{why}")
    lines += ["", "## Parts that do not add up", ""]
    lines += [
        "In `ausr` two sulfurs less than 2.4 angstrom apart are read as one ligand; in `ausr_flare` a hydrogen lies"
    ]
    lines += ["2.6 angstrom from everything, and a bare Au20 has no ligand.", "", *(wrong or ["None."])]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
