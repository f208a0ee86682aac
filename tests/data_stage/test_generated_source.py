"""The generated data set: what its files say, and a labeller that can be stopped anywhere."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from collections import Counter
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.data import SOURCES, load
from mlcluster.data.families import family_key
from mlcluster.data.sources import generated
from mlcluster.errors import DataError
from mlcluster.resources import dataset_dir
from mlcluster.runs import Journal


@pytest.fixture(scope="module")
def items() -> list:
    return load("generated")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script of the data set, with two cheap plans, that packs into a directory of its own."""
    path = dataset_dir("generated") / "make.py"
    monkeypatch.syspath_prepend(path.parent)
    spec = importlib.util.spec_from_file_location("make_generated", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    packed = tmp_path / "packed"
    packed.mkdir()
    shutil.copy(path.parent / "CARD.md", packed)
    packing = importlib.import_module("packing")
    monkeypatch.setattr(packing, "HERE", packed)
    few = [item for item in module.plans(0) if item[0] in ("g0-06-03", "g0-07-02")]
    assert len(few) == 2
    monkeypatch.setattr(module, "plans", lambda turn: few if turn == 0 else [])
    monkeypatch.setattr(module, "PASSES", (("grow 0", 0, 1000), ("vary 2", 0, 1000)))
    return module


def test_the_files_agree_with_each_other(items) -> None:
    card = SOURCES["generated"].card
    assert card.entries == len(items) == card.labels["gap:gfn1-xtb"]
    families = Counter(item.family for item in items)
    assert families == {row["family"]: int(row["entries"]) for row in generated.family_table()}
    assert card.families == len(families)
    triplets = sum(record.target == "triplet_energy" for item in items for record in item.labels)
    assert triplets == card.labels["triplet_energy:gfn1-xtb"]
    text = (dataset_dir("generated") / "CARD.md").read_text(encoding="utf-8")
    assert f"{len(items)} clusters" in text and f"in {len(families)} families" in text
    assert sum(path.stat().st_size for path in dataset_dir("generated").iterdir() if path.is_file()) < 15e6


def test_every_entry_is_a_closed_shell_of_its_family(items) -> None:
    parents = {item.entry for item in items if not item.parent}
    for item in items[:: max(1, len(items) // 60)]:
        cluster = item.cluster
        assert cluster.n_electrons is not None and cluster.n_electrons % 2 == 0
        assert family_key(Anatomy(cluster)) == item.family == item.key
        assert item.parent == "" or item.parent in parents
        values = {record.target: record.value for record in item.labels}
        assert values["lumo"] - values["homo"] == pytest.approx(values["gap"], abs=2e-5)
        assert values["gap"] > 0.1
        assert item.atom_charges.sum() == pytest.approx(cluster.charge, abs=0.001 * len(cluster))
        assert np.abs(item.atom_charges).max() <= 3.0
        apart = np.linalg.norm(cluster.positions[:, None] - cluster.positions[None], axis=-1)
        # The shortest bonds, of hydrogen, are displaced as well.
        assert apart[np.triu_indices(len(cluster), 1)].min() > 0.8


def test_a_truncated_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "CARD", generated.CARD.__class__(**(vars(generated.CARD) | {"entries": 1})))
    with pytest.raises(DataError, match="not whole"):
        generated.load()


def test_labelling_goes_on_where_it_was_stopped(make: ModuleType, tmp_path: Path) -> None:
    make.label(tmp_path, 0.0, 1)
    journal = Journal(tmp_path / "journal.jsonl")
    assert journal.rows() == []
    rows: dict = {}
    first = make.carry_out((next(next(make.batches(rows))), None))
    journal.append(first)
    with open(tmp_path / "journal.jsonl", "a") as handle:
        handle.write('{"entry": "g0-07-02", "ok": tr')  # killed while it wrote
    make.label(tmp_path, float("inf"), 1)
    done = Journal(tmp_path / "journal.jsonl").rows()
    assert done[0] == first and len({row["entry"] for row in done}) == len(done)
    accepted = [row for row in done if row["ok"] and not row["parent"]]
    variants = Counter(row["parent"] for row in done if row["parent"])
    assert accepted and variants == {row["entry"]: 2 for row in accepted}
    make.label(tmp_path, float("inf"), 1)
    assert Journal(tmp_path / "journal.jsonl").rows() == done, "nothing is left to do"

    packed = tmp_path / "packed"
    make.pack(tmp_path)
    assert {path.name for path in packed.iterdir()} == {
        "CARD.md",
        "clusters.parquet",
        "families.csv",
        "failures.csv",
        "tried.csv",
    }
    text = (packed / "CARD.md").read_text(encoding="utf-8")
    good = [row for row in done if row["ok"]]
    assert f"\n{len(good)} clusters of" in text and text.count("<!-- end of numbers -->") == 1
    import pyarrow.parquet as pq

    table = pq.read_table(packed / "clusters.parquet").to_pylist()
    assert [row["entry"] for row in table] == sorted(row["entry"] for row in good)
    row = next(row for row in table if row["entry"] == first["entry"]) if first["ok"] else table[0]
    source = next(r for r in good if r["entry"] == row["entry"])
    assert row["x_milliangstrom"] == [point[0] for point in source["milliangstrom"]]
    assert row["charge_millie"] == source["charge_millie"]

    again = tmp_path / "again"
    make.unpack(again, {entry: asdict(plan) for entry, _, plan in make.plans(0)})
    unpacked = Journal(again / "journal.jsonl").rows()
    assert [row["entry"] for row in unpacked] == [row["entry"] for row in done]
    make.label(again, float("inf"), 1)
    assert Journal(again / "journal.jsonl").rows() == unpacked, "nothing is left to do there either"
    before = {path.name: path.read_bytes() for path in packed.iterdir()}
    make.pack(again)
    assert {path.name: path.read_bytes() for path in packed.iterdir()} == before
    with pytest.raises(SystemExit, match="has a journal already"):
        make.unpack(again, {})


def test_several_processes_label_what_one_does(make: ModuleType, tmp_path: Path) -> None:
    found = {}
    for processes in (1, 2):
        work = tmp_path / str(processes)
        make.label(work, float("inf"), processes)
        rows = Journal(work / "journal.jsonl").rows()
        found[processes] = {row["entry"]: {**row, "cpu_seconds": 0.0} for row in rows}
    assert found[1] == found[2] and len(found[1]) > 2


def test_a_variant_of_another_family_is_not_packed(make: ModuleType) -> None:
    packing = importlib.import_module("packing")
    families = {"g0-06-03": "M6X3"}
    row = {"ok": True, "parent": "g0-06-03", "family": "M6X3"}
    assert packing._strayed(row, families) == {} == packing._strayed(row | {"parent": ""}, families)
    assert packing._strayed(row | {"family": "M6X2"}, families)["ok"] is False


def test_a_failure_is_one_row(make: ModuleType) -> None:
    job = next(next(make.batches({})))
    row = make.carry_out((job | {"plan": job["plan"] | {"shell": "alkynyl-phosphine", "units": 40}}, None))
    assert not row["ok"] and "no room" in row["reason"]


def test_families_without_a_cluster_come_again(make: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make._filled("g1-06-03", {"g0-06-03": {"ok": True}})
    assert not make._filled("g1-06-03", {"g0-06-03": {"ok": False}, "g0-07-02": {"ok": True}})
    monkeypatch.setattr(make, "PASSES", (("fill 0", 0, 1000),))
    rows = {"g3-06-03": {"ok": True, "parent": "", "orbitals": 9}}
    assert [job["entry"] for job in chain.from_iterable(make.batches(rows))] == ["g0-07-02"]
