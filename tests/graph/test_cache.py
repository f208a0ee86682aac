"""The graph cache: by content, safe under parallel writers, nothing torn or stale is believed."""

from __future__ import annotations

import importlib
import multiprocessing
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster.errors import InputError
from mlcluster.graph import GraphCache, convert, keys
from mlcluster.graph import cache as cache_module
from mlcluster.structure.cluster import Cluster


def clusters(n: int = 4, seed: int = 0) -> list[Cluster]:
    rng = np.random.default_rng(seed)
    chain = np.arange(6)[:, None] * np.array([[0.0, 0.0, 1.9]])
    return [
        Cluster(numbers=rng.choice([16, 79], k + 2), positions=chain[: k + 2] + rng.normal(scale=0.2, size=(k + 2, 3)))
        for k in rng.integers(0, 5, n)
    ]


def assert_same(found, expected) -> None:
    for a, b in zip(found, expected, strict=True):
        assert sorted(a.keys()) == sorted(b.keys()) and a.num_nodes == b.num_nodes
        for name in keys.KEYS:
            if name in b:
                assert a[name].dtype == b[name].dtype and torch.equal(a[name], b[name])


def test_a_second_reader_builds_nothing_and_gets_the_same(tmp_path):
    given, expected = clusters(), [convert(c) for c in clusters()]
    first, second = GraphCache(tmp_path), GraphCache(tmp_path)
    assert_same(first.convert(given), expected)
    assert_same(second.convert(given[::-1]), expected[::-1])
    assert (first.built, second.built) == (4, 0)


def test_one_in_use_can_be_sent_to_another_process(tmp_path):
    here = GraphCache(tmp_path)
    here.convert(clusters())
    expected = here.convert(clusters())  # read from open files
    there = pickle.loads(pickle.dumps(here))
    built = there.built
    assert_same(there.convert(clusters()), expected)
    assert there.built == built


def test_a_hit_counts_no_electrons(tmp_path, monkeypatch):
    expected = GraphCache(tmp_path).convert(clusters())
    monkeypatch.setattr(importlib.import_module("mlcluster.anatomy.anatomy"), "superatom_electrons", None)
    assert_same(GraphCache(tmp_path).convert(clusters()), expected)


def test_an_open_cache_sees_what_another_wrote_meanwhile(tmp_path):
    first, second = GraphCache(tmp_path), GraphCache(tmp_path)
    first.convert(clusters())
    second.convert(clusters())
    second.convert(clusters(seed=1))
    first.convert(clusters(seed=1))
    assert (first.built, second.built) == (4, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"charge": 1},
        {"multiplicity": 3},
        {"positions": clusters()[0].positions + 1e-9},
        {"numbers": clusters()[0].numbers[::-1] + 1},
        {"declared_ligands": ("S:thiolate",)},
    ],
)
def test_any_change_of_content_is_another_entry(tmp_path, change):
    cache, cluster = GraphCache(tmp_path), clusters()[0]
    cache.convert([cluster])
    assert_same(cache.convert([cluster.replace(labels=(), **change)]), [convert(cluster.replace(labels=(), **change))])
    assert cache.built == 2


def test_cutoff_is_part_of_the_key_and_names_are_not(tmp_path):
    cache, cluster = GraphCache(tmp_path), clusters()[0]
    cache.convert([cluster, cluster.replace(name="another name"), cluster])
    assert cache.built == 1
    cache.convert([cluster], cutoff=3.5)
    assert cache.built == 2


def test_a_large_set_is_split_into_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(cache_module, "SHARD_GRAPHS", 3)
    given = clusters(8)
    GraphCache(tmp_path).convert(given)
    assert len(list(tmp_path.iterdir())) == 3
    again = GraphCache(tmp_path)
    assert_same(again.convert(given), [convert(c) for c in given])
    assert again.built == 0


@pytest.mark.parametrize("damage", ["cut", "empty", "junk", "zeros inside", "unfinished"])
def test_a_damaged_shard_is_built_again(tmp_path, damage):
    given = clusters()
    GraphCache(tmp_path).convert(given)
    (shard,) = tmp_path.iterdir()
    data = shard.read_bytes()
    if damage == "unfinished":
        shard.rename(shard.with_suffix(".tmp"))
    else:
        spoiled = {
            "cut": data[: len(data) // 2],
            "empty": b"",
            "junk": b"\xff" * 400,
            "zeros inside": data[:-200] + bytes(200),
        }
        shard.write_bytes(spoiled[damage])
    cache = GraphCache(tmp_path)
    assert_same(cache.convert(given), [convert(c) for c in given])
    assert cache.built > 0
    assert_same(GraphCache(tmp_path).convert(given), [convert(c) for c in given])


def test_a_stale_schema_is_built_again(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "SCHEMA", 0)
    GraphCache(tmp_path).convert(clusters())
    monkeypatch.undo()
    cache = GraphCache(tmp_path)
    cache.convert(clusters())
    assert cache.built == 4


def _write(directory: Path, seed: int, start) -> None:
    start.wait()
    for k in range(5):
        GraphCache(directory).convert(clusters(3, seed=seed * k))


def test_two_processes_write_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    workers = [context.Process(target=_write, args=(tmp_path, seed, start)) for seed in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert not list(tmp_path.glob("*.tmp"))
    cache = GraphCache(tmp_path)
    for seed in (0, 1, 2, 3, 4, 6, 8):
        given = clusters(3, seed=seed)
        assert_same(cache.convert(given), [convert(c) for c in given])
    assert cache.built == 0


def test_no_pickle_is_written(tmp_path):
    GraphCache(tmp_path).convert(clusters())
    for path in tmp_path.iterdir():
        assert path.suffix == ".safetensors"
        with pytest.raises(ValueError):
            list(pickletools.genops(path.read_bytes()))


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        GraphCache(tmp_path / "file")
