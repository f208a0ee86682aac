from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace

import pytest
import torch

from mlcluster.data import packed
from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.packed import PackedSource, write_packed
from mlcluster.data.sampling import BalancedSampler, Place
from mlcluster.data.splits import Split, split_by_family
from mlcluster.data.streaming import OPEN_SHARDS, StreamingDataModule
from mlcluster.errors import ConfigError, DataError

CHANNELS = ["gap:gfn1-xtb", "gap:optical"]
PLACES = [
    *(Place("many", f"f{k % 3}", ("a",)) for k in range(90)),
    *(Place("few", "g", ("a", "b")) for _ in range(5)),
    *(Place("few", "h", ("b",)) for _ in range(10)),
]


def test_weights_set_the_shares_of_sources_and_channels() -> None:
    equal = BalancedSampler(PLACES, {}, 300, seed=0)
    assert equal.shares == {("many", "a"): 100, ("few", "a"): 100, ("few", "b"): 100}
    weighted = BalancedSampler(PLACES, {"few": 0.5, "b": 4, "many a": 2}, 90, seed=0)
    assert weighted.shares == {("many", "a"): 40, ("few", "a"): 10, ("few", "b"): 40}
    drawn = Counter((PLACES[i].source, PLACES[i].family) for i in weighted)
    assert sum(drawn.values()) == len(weighted) == 90
    assert {drawn["many", f"f{k}"] for k in range(3)} <= {13, 14}, "families share alike"
    assert (drawn["few", "g"], drawn["few", "h"]) == (10 + 20, 20)
    left_out = BalancedSampler(PLACES, {"many": 0}, 10, seed=0)
    assert {PLACES[i].source for i in left_out} == {"few"}


def test_a_draw_is_a_function_of_seed_and_epoch() -> None:
    def epoch(first: int, number: int) -> list[int]:
        sampler = BalancedSampler(PLACES, {}, 30, seed=4, first_epoch=first)
        sampler.set_epoch(number)
        return list(sampler)

    assert epoch(0, 7) == epoch(5, 2) != epoch(0, 6)


def test_impossible_weights_are_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean many a"):
        BalancedSampler(PLACES, {"many  a": 1}, 10, seed=0)
    with pytest.raises(ConfigError, match="from 0 up"):
        BalancedSampler(PLACES, {"a": -1}, 10, seed=0)
    with pytest.raises(ConfigError, match="nothing to draw"):
        BalancedSampler(PLACES, {"many": 0, "few": 0}, 10, seed=0)


@pytest.fixture(scope="module")
def items(entry):
    made = [entry(f"{f}{k}", f, gap=1 + k / 10, atoms=3 + k % 5) for f in "ABCD" for k in range(20)]
    return [replace(item, source="own") for item in [*made, entry("o", "A", gap=2.0, method="optical")]]


@pytest.fixture
def source(items, tmp_path, monkeypatch) -> PackedSource:
    monkeypatch.setattr(packed, "SHARD_ENTRIES", 8)
    write_packed(tmp_path / "own", items, name="own", origin="here")
    return PackedSource(tmp_path / "own")


def make(items, source, **changes) -> StreamingDataModule:
    split = split_by_family(items, test=["C"], validation=["B"])
    settings = {"cutoff": 5.0, "atoms_per_batch": 30, "channels": CHANNELS} | changes
    return StreamingDataModule([source], split, **settings)


def test_streaming_gives_the_batches_of_the_module_in_memory(items, source) -> None:
    split = split_by_family(items, test=["C"], validation=["B"])
    memory = ClusterDataModule(items, split, CHANNELS, cutoff=5.0, atoms_per_batch=30)
    stream = make(items, source)
    for one, other in zip(memory.label_statistics(), stream.label_statistics(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    batches = list(stream.train_dataloader())
    assert all(batch.num_nodes <= 30 or batch.num_graphs == 1 for batch in batches)
    labels = [
        torch.cat([b.label for b in loader]).sort(dim=0).values for loader in (batches, memory.train_dataloader())
    ]
    assert torch.equal(*labels) and len(labels[0]) == 41
    held = torch.cat([batch.label for batch in stream.val_dataloader()])
    assert torch.equal(
        held.sort(dim=0).values, torch.cat([b.label for b in memory.val_dataloader()]).sort(dim=0).values
    )
    assert sum(batch.num_graphs for batch in stream.test_dataloader()) == 20


def test_every_shard_is_read_once_an_epoch_in_another_order(items, source) -> None:
    stream = make(items, source)
    loader = stream.train_dataloader()
    first = [batch.label[:, 0].tolist() for batch in loader]
    assert source.shards_read == 7, "41 training entries lie in 7 of 11 shards"
    second = [batch.label[:, 0].tolist() for batch in loader]
    assert first != second and sorted(sum(first, [])) == sorted(sum(second, []))
    again = [batch.label[:, 0].tolist() for batch in make(items, source).train_dataloader()]
    assert again == first
    resumed = make(items, source, first_epoch=1).train_dataloader()
    assert [batch.label[:, 0].tolist() for batch in resumed] == second


def test_entries_of_several_sources_are_named_by_both(entry, tmp_path) -> None:
    sources = []
    for name, gap, family in (("one", 1.0, "A"), ("two", 3.0, "B")):
        write_packed(tmp_path / name, [entry(f"e{k}", family, gap=gap) for k in range(4)], name=name, origin="here")
        sources.append(PackedSource(tmp_path / name))
    split = Split(
        kind="official", train=("one/e0", "one/e1", "two/e0"), validation=("two/e3",), test=("one/e3",), seed=0
    )
    data = StreamingDataModule(
        sources, split, CHANNELS[:1], cutoff=5.0, atoms_per_batch=30, samples_per_epoch=12, weights={"two": 2}
    )
    assert Counter(torch.cat([b.label[:, 0] for b in data.train_dataloader()]).tolist()) == {1.0: 4, 3.0: 8}
    assert torch.cat([b.label[:, 0] for b in data.val_dataloader()]).tolist() == [3.0]
    assert data.label_statistics()[0].item() == pytest.approx(5 / 3)


def test_graph_cache_and_weights(items, source, tmp_path) -> None:
    weighted = make(items, source, weights={"gap:optical": 3}, samples_per_epoch=40, cache=tmp_path / "graphs")
    masks = torch.cat([batch.label_mask for batch in weighted.train_dataloader()])
    assert masks.sum(dim=0).tolist() == [10, 30]


def test_only_shards_in_use_are_in_memory(entry, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(packed, "SHARD_ENTRIES", 16)

    def peak(shards: int) -> int:
        template = entry("x", "A", atoms=60)
        many = [replace(template, entry=f"e{k}") for k in range(16 * shards)]
        write_packed(tmp_path / f"{shards}", many, name="own", origin="here")
        split = Split(kind="family", train=tuple(i.entry for i in many), validation=(), test=(), seed=0)
        data = StreamingDataModule(
            [PackedSource(tmp_path / f"{shards}")], split, CHANNELS[:1], cutoff=4.0, atoms_per_batch=1200
        )
        next(iter(data.train_dataloader()))
        tracemalloc.start()
        for _ in data.train_dataloader():
            pass
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    # The next shards are decoded while the last are in use: twice OPEN_SHARDS, however many there are.
    assert peak(8 * OPEN_SHARDS) < 1.3 * peak(2 * OPEN_SHARDS)


def test_what_may_not_be_learned_cannot_be_asked_for(entry, tmp_path) -> None:
    hidden = entry("E", "A", flags=frozenset({"TOUCHSTONE"}))
    write_packed(tmp_path / "own", [hidden, entry("b", "B")], name="own", origin="here")
    split = Split(kind="family", train=("b", "E"), validation=(), test=(), seed=0)
    with pytest.raises(DataError, match="without a label to learn from. Found: E"):
        StreamingDataModule([PackedSource(tmp_path / "own")], split, CHANNELS, cutoff=5.0, atoms_per_batch=30)


@pytest.mark.filterwarnings("ignore:.*treespec:FutureWarning", "ignore::UserWarning:pytorch_lightning")
def test_lightning_counts_the_epochs(items, source) -> None:
    import pytorch_lightning as pl

    class Watcher(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)
            self.seen: dict[int, list[float]] = {}

        def training_step(self, batch, _) -> torch.Tensor:
            self.seen.setdefault(self.current_epoch, []).extend(batch.label[:, 0].tolist())
            return self.layer(batch.label[:, :1]).sum()

        def validation_step(self, batch, _) -> None:
            assert not self.training

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.0)

    watcher = Watcher()
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = pl.Trainer(max_epochs=2, accelerator="cpu", devices=1, num_sanity_val_steps=0, **quiet)
    split = split_by_family(items, test=["C"], validation=["B"])
    data = StreamingDataModule([source], split, CHANNELS, cutoff=5.0, atoms_per_batch=30)
    trainer.fit(watcher, train_dataloaders=None, datamodule=data)
    assert sorted(watcher.seen[0]) == sorted(watcher.seen[1]) and watcher.seen[0] != watcher.seen[1]
