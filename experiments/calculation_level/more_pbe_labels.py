"""PBE labels of capped closed shells in more families, metals and ligands: a list of structures, labelled one by one.

    nice -n 19 python experiments/calculation_level/more_pbe_labels.py DIR [--until 12:20]
    python experiments/calculation_level/more_pbe_labels.py DIR --write

Each model is built by rule (`small_models.py`, and the frameworks of the package with phosphines or halides exchanged
for isocyanides or alkynyls where the name says so), its ligands relaxed with GFN1-xTB while the metals stand still, and
labelled by PBE/LANL2DZ. Every finished one is a line of DIR/results.jsonl and a frame of DIR/structures.xyz; what is
there is not repeated. ``--write`` adds what was accepted to ``datasets/computed_frameworks``.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from small_models import METALS, isomers, small_models

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import NUMBERS, is_metal
from mlcluster.data.compute.labelling import COLUMNS, Job, run_job
from mlcluster.data.compute.structure_sets import structure_key
from mlcluster.data.families import family_key
from mlcluster.design.frameworks import build
from mlcluster.design.relax import relax
from mlcluster.errors import MlclusterError
from mlcluster.resources import dataset_dir
from mlcluster.runs import Journal
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.read import read
from mlcluster.structure.write import xyz_text

LINEAR = {
    "CNH": (("C", 2.02), ("N", 3.19), ("H", 4.19)),
    "C2H": (("C", 2.00), ("C", 3.22), ("H", 4.29)),
}
"""Atoms of a linear ligand and their distance from the metal, angstrom."""
FEW_FUNCTIONS = 215
"""A few seconds of PBE; what has more waits until all of these are done."""
FUNCTIONS = {1: 2, 6: 9, 7: 9}
"""Basis functions of LANL2DZ: of light elements; 8 of the other main-group ones, 22 of a metal."""


def exchanged(cluster: Cluster, donor: str, ligand: str) -> Cluster:
    """A model with each terminal ligand of a donor element exchanged for a linear one along the same bond."""
    z, x = cluster.numbers, cluster.positions
    metal = np.flatnonzero(is_metal(z))
    donors = np.flatnonzero(z == NUMBERS[donor])
    gone = {int(d) for d in donors}
    hydrogens = np.flatnonzero(z == 1)
    gone |= {int(h) for h in hydrogens if np.linalg.norm(x[donors] - x[h], axis=1).min() < 1.6}
    keep = [k for k in range(len(z)) if k not in gone]
    numbers, positions = z[keep].tolist(), list(x[keep])
    for d in donors:
        m = metal[int(np.linalg.norm(x[metal] - x[d], axis=1).argmin())]
        along = (x[d] - x[m]) / np.linalg.norm(x[d] - x[m])
        for symbol, distance in LINEAR[ligand]:
            numbers.append(NUMBERS[symbol])
            positions.append(x[m] + distance * along)
    return Cluster(
        numbers=numbers, positions=np.array(positions), charge=cluster.charge, multiplicity=1, name=cluster.name
    )


def framework_models() -> Iterator[tuple[str, Cluster]]:
    """Names and models of frameworks in metals and ligands that no data set has yet."""
    for metal in METALS:
        for framework in ("m6-phosphine", "m7-phosphine"):
            yield f"{framework} metal={metal} ligand=CNH", exchanged(build(framework, metal=metal), "P", "CNH")
        for centre in ("", "Pd", "Pt"):
            model = build("m9-phosphine", metal=metal, centre=centre, charge=2 if centre else 3)
            yield f"m9-phosphine metal={metal} centre={centre} ligand=CNH", exchanged(model, "P", "CNH")
            if metal != "Au":
                yield f"m9-phosphine metal={metal} centre={centre}", model
        for element in ("Cl", "Br"):
            if (metal, element) != ("Au", "Cl"):
                yield (
                    f"m11-phosphine metal={metal} element={element}",
                    build("m11-phosphine", metal=metal, element=element),
                )
        yield f"m11-phosphine metal={metal} ligand=C2H", exchanged(build("m11-phosphine", metal=metal), "Cl", "C2H")
    for element in ("Cl", "Br", "I"):
        yield f"m4-cubane metal=Au element={element}", build("m4-cubane", metal="Au", element=element)


def basis_functions(cluster: Cluster) -> int:
    """Number of functions of LANL2DZ, by which the cost grows."""
    metal = is_metal(cluster.numbers)
    return sum(22 if m else FUNCTIONS.get(int(z), 8) for z, m in zip(cluster.numbers, metal, strict=True))


def structures() -> list[tuple[str, Cluster]]:
    """Names and models: isomers and their partners, then the cheapest of every family, the second of every one, ..."""
    others = list(isomers())
    found = [*chain(small_models(), framework_models()), *others]
    paired = {name.partition(" isomer=")[0] for name, _ in others}
    by_family: dict[str, list[tuple[str, Cluster]]] = {}
    for name, model in sorted(found, key=lambda row: basis_functions(row[1])):
        by_family.setdefault(family_key(Anatomy(model)), []).append((name, model))
    order = []
    for rows in by_family.values():
        for turn, (name, model) in enumerate(rows):
            functions = basis_functions(model)
            first = name.partition(" isomer=")[0] in paired
            order.append((functions > FEW_FUNCTIONS, not first, turn, functions, (name, model)))
    return [row for *_, row in sorted(order, key=lambda each: each[:4])]


def write(directory: Path) -> int:
    """Add accepted structures and labels to the data set, those that are not there, and return how many there were."""
    place = dataset_dir("computed_frameworks")
    with open(place / "labels.csv", encoding="utf-8", newline="") as handle:
        known = {row["entry"] for row in csv.DictReader(handle)}
    rows = [row for row in Journal(directory / "results.jsonl").rows() if row["accepted"] and row["entry"] not in known]
    made = {result.cluster.name: result.cluster for result in read(directory / "structures.xyz")}
    with open(place / "labels.csv", "a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writerows(rows)
    with open(place / "structures.xyz", "a", encoding="utf-8") as handle:
        handle.writelines(xyz_text(made[row["entry"]]) for row in rows)
    return len(rows)


def main() -> None:
    """Label what is not in the journal yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--until", default="23:59", help="Start none after this time of day.")
    parser.add_argument("--list", action="store_true", help="Only say what there is to do.")
    parser.add_argument("--write", action="store_true", help="Only add what was accepted to the data set.")
    options = parser.parse_args()
    if options.write:
        print(write(options.directory), "added")
        return
    journal = Journal(options.directory / "results.jsonl")
    done = {row["entry"] for row in journal.rows()}
    for name, model in structures():
        if options.list:
            print(name, model.formula, model.charge, basis_functions(model), "done" if name in done else "")
            continue
        if name in done or time.strftime("%H:%M") >= options.until:
            continue
        try:
            relaxed = relax(model, steps=100)
            if relaxed.why_rejected:
                raise MlclusterError(relaxed.why_rejected)
        except MlclusterError as error:
            journal.append({"entry": name, "accepted": False, "reason": f"relaxation: {error}"})
            continue
        cluster = relaxed.cluster.replace(name=name)
        row = run_job(Job(entry=name, structure=structure_key(cluster), method="dft-pbe-lanl2dz", cluster=cluster))
        with open(options.directory / "structures.xyz", "a", encoding="utf-8") as handle:
            handle.write(cluster.to_xyz())
        journal.append(row)
        print(name, row.get("gap_ev"), row["reason"], flush=True)


if __name__ == "__main__":
    main()
