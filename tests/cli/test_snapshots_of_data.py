"""The data verbs as their users meet them on a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.data import splitters
from mlcluster.design import known_models
from mlcluster.labels.literature import linking
from tests.cli.snapshots import check

CHECKOUT = Path(__file__).resolve().parents[2]


def test_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path))
    check("data-list", "data", "list", numbers=False)


def test_validate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, test_data: Path) -> None:
    check("data-validate", "data", "validate", numbers=False, hide=(CHECKOUT,))
    faults = (test_data / "literature" / "faults.csv").read_text(encoding="utf-8")
    (tmp_path / "faults.csv").write_text(faults, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    check("data-validate-faults", "data", "validate", "faults.csv", exit_code=1)
    ring = "4\nRing\nAu 0 0 1.6\nAu 0 0 -1.6\nCl 2.0 0 0\nCl -2.0 0 0\n"
    (tmp_path / "ring.xyz").write_text(ring, encoding="utf-8")
    rows = "file,entry,charge,qy\nring.xyz,a,0,0.4\nring.xyz,b,0,0.5\nnone.xyz,e,0,0.1\n"
    (tmp_path / "own.csv").write_text(rows, encoding="utf-8")
    labels = 'labels={"quantum_yield:measured": {column: qy, unit: percent}}'
    own = ("csv+dir", "--option", "path=own.csv", "--option", labels)
    check("data-validate-structures", "data", "validate", *own, exit_code=1)


def test_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = (
        {"cluster_id": f"Au13Ag12_PPh3_10_Cl8_{name}", "kernel": k} for name, k in (("E", "D5h"), ("S", ""))
    )
    formula = {"formula": "[Au13Ag12(PPh3)10Cl8]+"}
    matched = {"file": "au25.cif", "formula": "C144H162Au25S18", "charge": 0, "status": "matched"}
    matched |= {"record": "Au25_PET18_0", "reason": "metals; ligands by their atoms; charge.", "candidates": []}
    rod = {"file": "a folder/rod.cif", "formula": "C180H150Ag12Au13Cl8P10", "charge": 1, "status": "ambiguous"}
    rod |= {
        "record": None,
        "reason": "metals; ligands by their atoms; charge.",
        "candidates": [first | formula, second | formula],
    }
    other = {**rod, "charge": None, "status": "unmatched", "reason": "no record has these metals.", "candidates": []}
    monkeypatch.setattr(linking, "link", lambda *args, **options: [matched, rod, other])
    check("data-link", "data", "link", "--cifs", tmp_path)


def test_linked_models(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"geometry": "model", "file": None, "candidates": [], "charge": 2}
    ruthenium = {"cluster": "RuAu12_dppm6", "record": "RuAu12_dppm6", "status": "possible", "formula": "Au12H36P12Ru"}
    ruthenium |= {"framework": "m13-phosphine element=none metal=Au", "edits": "substitute Au1 -> Ru"}
    ruthenium |= {"reason": "metals; numbers of donors; charge +2; assumed or open: dppm cut to single donors."}
    gold = {"cluster": "Au38_SR24_generic", "record": None, "status": "ambiguous", "formula": "Au38(SR)24", "edits": ""}
    gold |= {"framework": "m38-thiolate", "reason": "metals; numbers of donors; assumed or open: which of the isomers."}
    monkeypatch.setattr(known_models, "linked_models", lambda table: [named | ruthenium, named | gold])
    check("data-link-models", "data", "link", "--models")


def test_split(monkeypatch: pytest.MonkeyPatch) -> None:
    families = {"train": [f"M{n} phosphine" for n in range(9)], "validation": ["M25(SR)18"], "test": ["M14"]}
    summary = "family split, 239 test entries: 0 families on both sides, 0 structures known from training, "
    summary += "0 duplicates across sources, 0 pairs torn apart; median overlap with the nearest training entry 0.42"
    result = {"sources": ["gfn1_models", "frameworks"], "train": 2243, "validation": 442, "test": 239}
    result |= {"families": families, "leaks": False, "leakage": {"summary": summary}, "file": "split.json"}
    result["skipped"] = [{"entry": "line 6, e", "error": "none.xyz: no such file. Expected: a file beside the CSV."}]
    monkeypatch.setattr(splitters, "split_sources", lambda *args, **options: result)
    check("data-split", "data", "split", "gfn1_models", "frameworks")
    result["leaks"] = True
    assert "look too small" in " ".join(check("data-split-leaks", "data", "split", "gfn1_models").split())
