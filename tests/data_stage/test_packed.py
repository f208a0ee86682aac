from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcluster.data import LabelledCluster, packed
from mlcluster.data.packed import PackedSource, write_packed
from mlcluster.errors import DataError, InputError


def write(directory: Path, items, **options) -> dict:
    return write_packed(directory, items, name="own", origin="here", **options)


def test_what_is_written_comes_back(entry, tmp_path: Path) -> None:
    rich = entry(
        "a", "A", flags=frozenset({"MIXTURE", "DUPLICATE"}), medium="toluene", temperature_k=298.0, source="10.1/x"
    )
    rich = replace(
        rich,
        parent="p",
        edits="e",
        split="ligand_test",
        key="M3X0",
        cluster=rich.cluster.replace(charge=-2, multiplicity=None, declared_ligands=("S:thiolate",), name="gold"),
    )
    emission = entry("b", None, target="emission", method="measured", value=1.4, unit="eV", bound="lower")
    unknown = replace(emission, cluster=emission.cluster.replace(charge=None, multiplicity=None))
    write(tmp_path / "own", [rich, unknown])
    a, b = PackedSource(tmp_path / "own")
    for before, after in ((rich, a), (unknown, b)):
        for key in ("entry", "family", "parent", "edits", "split", "key"):
            assert getattr(after, key) == getattr(before, key)
        for key in ("charge", "multiplicity", "declared_ligands", "name", "labels"):
            assert getattr(after.cluster, key) == getattr(before.cluster, key)
        assert after.labels == before.labels and after.source == "own"
        assert np.abs(after.cluster.positions - before.cluster.positions).max() <= 0.0005
    assert b.labels[0].bound == "upper", "at least 1.4 eV is at most 886 nm"


def test_facts_need_no_coordinates_and_leave_out_what_may_not_be_learned(entry, tmp_path: Path) -> None:
    items = [entry("a", "A"), entry("b", "B", atoms=5, flags=frozenset({"TOUCHSTONE"}))]
    write(tmp_path / "own", items)
    source = PackedSource(tmp_path / "own")
    facts = [row for _, row in source.facts()]
    assert [(f["entry"], f["family"], f["n_atoms"], f["channels"]) for f in facts] == [
        ("a", "A", 3, ["gap:gfn1-xtb"]),
        ("b", "B", 5, []),
    ]
    assert source.shards_read == 0


def test_shards_are_bounded(entry, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(packed, "SHARD_ENTRIES", 4)
    monkeypatch.setattr(packed, "SHARD_ATOMS", 20)
    items = [entry(f"e{k}", "A", atoms=n) for k, n in enumerate([3] * 5 + [15, 9, 50, 3])]
    header = write(tmp_path / "own", items)
    assert [(shard["entries"], shard["atoms"]) for shard in header["shards"]] == [
        (4, 12),
        (2, 18),
        (1, 9),
        (1, 50),
        (1, 3),
    ]
    assert [item.entry for item in PackedSource(tmp_path / "own")] == [item.entry for item in items]


def test_writing_and_reading_hold_no_more_than_a_shard(entry, tmp_path: Path) -> None:
    def many(count: int) -> Iterator[LabelledCluster]:
        template = entry("x", "A", atoms=60)
        for k in range(count):
            yield replace(template, entry=f"e{k}")

    def peak(count: int) -> int:
        tracemalloc.start()
        write(tmp_path / "own", many(count))
        for _ in PackedSource(tmp_path / "own"):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    once, four_times = peak(packed.SHARD_ENTRIES), peak(4 * packed.SHARD_ENTRIES)
    assert four_times < 1.5 * once


def test_nothing_is_left_half_done(entry, tmp_path: Path) -> None:
    write(tmp_path / "own", [entry("a", "A")])

    def broken() -> Iterator[LabelledCluster]:
        yield entry("b", "A")
        raise RuntimeError("disk full")

    for items, error in ((broken(), RuntimeError), ([entry("c", "A")] * 2, DataError), ([], DataError)):
        with pytest.raises(error):
            write(tmp_path / "own", items)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
    assert [item.entry for item in PackedSource(tmp_path / "own")] == ["a"]


def test_damage_is_seen(entry, tmp_path: Path) -> None:
    write(tmp_path / "own", [entry("a", "A")])
    source = PackedSource(tmp_path / "own")
    shard = tmp_path / "own" / "shard-0000.parquet"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-7])
    with pytest.raises(InputError, match="cannot be read"):
        list(source)
    header = json.loads((tmp_path / "own" / "source.json").read_text())
    (tmp_path / "own" / "source.json").write_text(json.dumps(header | {"schema": 99}))
    with pytest.raises(InputError, match="Found: schema 99"):
        PackedSource(tmp_path / "own")
    with pytest.raises(InputError, match="no prepared source"):
        PackedSource(tmp_path)
