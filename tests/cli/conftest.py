"""The verbs of the package replaced by stand-ins with the agreed shapes, so that only the command line is tested."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mlcluster
from mlcluster.errors import InputError

BAD = "bad.cif"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two files that can be read and, between them, one that cannot."""
    paths = [tmp_path / name for name in ("one.cif", BAD, "two.cif")]
    for path in paths:
        path.write_text("data_x\n")
    return [str(path) for path in paths]


def described(file: str, **options: Any) -> dict[str, Any]:
    if Path(file).name == BAD:
        return {"file": file, "error": f"{file}: no atoms."}
    cluster = {
        "name": Path(file).stem,
        "formula": "Ag12Au13Cl8P10",
        "n_atoms": 43,
        "charge": options["charge"],
        "multiplicity": options["multiplicity"],
        "elements": {"Au": 13, "Ag": 12, "P": 10, "Cl": 8},
        "valence_electrons": {"count": None, "terms": {"Au": 13, "halide": -8}, "note": "the charge is unknown"},
        "parts": {},
        "ligands": [{"name": "chloride", "formula": "Cl", "count": 8}],
        "shape": {},
    }
    dropped = [{"formula": "CH2Cl2", "count": 2, "kind": "solvent", "why": "not bonded to the cluster"}]
    report = [{"level": "warning", "code": "charge-unknown", "site": None, "message": "the charge is not stated"}]
    return {"file": file, "clusters": [cluster], "dropped": dropped, "report": report}


def predicted(file: str) -> dict[str, Any]:
    if Path(file).name == BAD:
        return {"file": file, "error": f"{file}: no atoms."}
    return {
        "file": file,
        "cluster": Path(file).stem,
        "formula": "Ag12Au13Cl8P10",
        "target": "gap",
        "method": "gfn1-xtb",
        "value": 1.234,
        "unit": "eV",
        "lower": 0.9,
        "upper": 1.6,
        "level": 0.9,
        "applicability": "outside",
        "reasons": ["a family the model has not seen"],
        "model": "0123456789ab",
    }


def compared(a: object, b: object) -> dict[str, Any]:
    if BAD in (Path(str(a)).name, Path(str(b)).name):
        raise InputError("no atoms.", file=BAD)
    change = {"target": "gap", "method": "gfn1-xtb", "unit": "eV", "a": 1.0, "b": 1.5, "difference": 0.5}
    change |= {"lower": -0.2, "upper": 1.2, "level": 0.9, "p_increase": 0.8, "resolved": False}
    return {
        "a": str(a),
        "b": str(b),
        "relation": "isomer",
        "rmsd": 0.4,
        "matched_atoms": 25,
        "sentences": [
            "Isomer: the kernels are twisted against each other.",
            "Next: mlcluster compare A B --report pair.html",
        ],
        "details": ["25 of 25 metals match."],
        "structure": [{"quantity": "metal atoms", "unit": None, "a": 25, "b": 25, "difference": 0}],
        "properties": [change],
    }


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand-ins for inspect, predict and compare, and what they were called with."""
    seen: list[dict[str, Any]] = []

    def inspect(files: list[str], **options: Any) -> list[dict]:
        print("noise of a library")
        seen.append({"files": files, **options})
        return [described(file, **options) for file in files]

    def predict(files: list[str], **options: Any) -> list[dict]:
        print("noise of a library")
        seen.append({"files": files, **options})
        return [predicted(file) for file in files]

    def compare(a: object, b: object, **options: Any) -> dict:
        print("noise of a library")
        seen.append({"a": a, "b": b, **options})
        return compared(a, b)

    for function in (inspect, predict, compare):
        monkeypatch.setitem(vars(mlcluster), function.__name__, function)
    return seen
