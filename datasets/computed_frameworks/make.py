"""Build, relax and label the model clusters of this data set; can be stopped and started again at any moment.

    python datasets/computed_frameworks/make.py WORK_DIRECTORY [--pbe] [--write]

Every structure is built by `mlcluster.design.frameworks`, relaxed with GFN1-xTB, checked, and labelled by
`mlcluster.data.compute`. ``--pbe`` adds PBE/LANL2DZ labels, ``--write`` copies what was accepted to this directory.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from mlcluster.data.compute import compute
from mlcluster.design.frameworks import build
from mlcluster.design.relax import relax
from mlcluster.errors import MlclusterError
from mlcluster.runs import Journal
from mlcluster.structure.write import xyz_text

# Smallest first; "kernel" marks clusters with staples. New families stand before ligand variants of the bundled ones.
MODELS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("m3-phosphine", {"metal": m, "r": r}) for r in ("H", "Me") for m in ("Au", "Ag", "Cu")),
    *(("m4-phosphine", {"metal": m, "r": r}) for r in ("H", "Me") for m in ("Au", "Ag", "Cu")),
    *(("m4-cubane", {"metal": m, "element": x}) for m in ("Cu", "Ag") for x in ("I", "Br", "Cl")),
    *(("m4-cubane", {"metal": m, "r": "Me"}) for m in ("Cu", "Ag")),
    *(("m6-phosphine", {"metal": m, "r": r}) for r in ("H", "Me") for m in ("Au", "Ag", "Cu")),
    *(("m7-phosphine", {"metal": m, "r": r}) for r in ("H", "Me") for m in ("Au", "Ag", "Cu")),
    ("m9-phosphine", {}),
    ("m9-phosphine", {"centre": "Pd", "charge": 2}),
    ("m9-phosphine", {"centre": "Pt", "charge": 2}),
    ("m9-phosphine", {"r": "Me"}),
    *(("m20-phosphine", {"metal": m}) for m in ("Au", "Ag", "Cu")),
    ("m20-phosphine", {"r": "Me"}),
    ("m11-phosphine", {"metal": "Ag"}),
    ("m25-thiolate", {"donor": "Se"}),
    ("m25-thiolate", {"centre": "Pd", "charge": -2}),
    ("rod-thiolate", {"donor": "Se"}),
    ("rod-vacancy", {"donor": "Se"}),
    ("rod-eclipsed", {"belt": "Cu", "apex": "Cu"}),
    ("m13-diphosphine", {"metal": "Ag"}),
    ("m14-thiolate", {"donor": "Se"}),
    ("m14-thiolate", {}),
    ("m38-thiolate", {"donor": "Se"}),
    ("m13-phosphine", {"centre": "Pd", "charge": 2}),
    ("m13-phosphine", {"metal": "Ag"}),
    ("m25-thiolate", {"r": "Me"}),
    ("m25-thiolate", {"metal": "Ag", "r": "Me"}),
    ("m11-phosphine", {"r": "Me"}),
    ("m13-phosphine", {"r": "Me"}),
)
_STAPLED = ("m25-thiolate", "m38-thiolate")


def entry_name(framework: str, options: dict[str, Any]) -> str:
    """Name of one entry: the framework and what was chosen."""
    return " ".join([framework, *(f"{key}={value}" for key, value in options.items())])


def relax_all(work: Path) -> None:
    """Relax every model that is neither done nor recorded as failed."""
    journal = Journal(work / "relaxations.jsonl")
    done = {row["entry"] for row in journal.rows()}
    for framework, options in MODELS:
        name = entry_name(framework, options)
        if name in done:
            continue
        frozen = "kernel" if framework in _STAPLED else "metals"
        row: dict[str, Any] = {"entry": name, "framework": framework, "frozen": frozen, "reason": None}
        try:
            result = relax(build(framework, **options).replace(name=name), frozen=frozen, steps=100)  # type: ignore[arg-type]
        except MlclusterError as error:
            journal.append(row | {"reason": str(error)})
            continue
        row |= {"steps": result.steps, "metal_metal": result.survival.metal_metal, "reason": result.why_rejected}
        if result.why_rejected is None:
            row["xyz"] = xyz_text(result.cluster)
        journal.append(row)
        print(name, row["reason"] or f"{result.steps} steps", file=sys.stderr, flush=True)


def main(work: Path, *, pbe: bool, write: bool) -> None:
    """Carry out whatever is not done yet."""
    relax_all(work)
    rows = Journal(work / "relaxations.jsonl").rows()
    structures = work / "structures.xyz"
    structures.write_text("".join(row["xyz"] for row in rows if row["reason"] is None), encoding="utf-8")
    for method in ("gfn1-xtb", "dft-pbe-lanl2dz") if pbe else ("gfn1-xtb",):
        result = compute(structures, work / method, method=method)
        print(method, result["accepted"], "accepted", result["failed"], file=sys.stderr)
    if write:
        _write(work, rows)


def _write(work: Path, rows: list[dict[str, Any]]) -> None:
    here = Path(__file__).parent
    labels: list[dict[str, str]] = []
    for table in sorted(work.glob("*/labels.csv")):
        with open(table, encoding="utf-8", newline="") as handle:
            labels += csv.DictReader(handle)
    kept = {label["entry"] for label in labels}
    accepted = [row["xyz"] for row in rows if row["reason"] is None and row["entry"] in kept]
    (here / "structures.xyz").write_text("".join(accepted), encoding="utf-8")
    with open(here / "labels.csv", "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(labels[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(labels)
    failures = [(row["entry"], row["reason"]) for row in rows if row["reason"]]
    for results in sorted(work.glob("*/results.jsonl")):
        failures += [(row["entry"], row["reason"]) for row in Journal(results).rows() if not row["accepted"]]
    with open(here / "failures.csv", "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([("entry", "reason"), *failures])


if __name__ == "__main__":
    main(Path(sys.argv[1]), pbe="--pbe" in sys.argv, write="--write" in sys.argv)
