"""The module and its batches in a `Trainer` that is not ours: what users of Lightning and PyTorch Geometric expect."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from torch import distributed
from torch_geometric.loader import DataLoader as GraphLoader

from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.graph_dataset import GraphDataset
from mlcluster.data.sampling import AtomBudgetBatches, FamilySampler
from mlcluster.errors import DataError
from mlcluster.graph import check_fields
from mlcluster.levels.network.lightning_module import PropertyModule
from mlcluster.levels.network.starting_weights import starting_module
from mlcluster.levels.network.training_state import SafetensorsIO
from mlcluster.levels.run_config import FitConfig, TrainConfig, load_config
from tests.levels.network.test_member import SMALL, items, job_in  # noqa: F401

QUIET = {"accelerator": "cpu", "enable_progress_bar": False, "enable_model_summary": False}

pytestmark = [
    # Lightning's advice on loader processes, and a deprecation inside it.
    pytest.mark.filterwarnings("ignore::lightning_fabric.utilities.warnings.PossibleUserWarning"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning"),
]


def config(*settings: str) -> TrainConfig:
    return load_config(TrainConfig.model_validate(SMALL), ["fit.epochs=3", *settings])


def data_of(items, directory: Path, channels=("gap:gfn1-xtb",)) -> ClusterDataModule:  # noqa: F811
    split = job_in(directory, items).split
    split = type(split)(kind="family", train=split.train[2:], validation=split.validation, test=split.train[:2], seed=0)
    return ClusterDataModule(items, split, channels, cutoff=4.0, atoms_per_batch=20, seed=1)


def test_fitted_tested_and_loaded_again(tmp_path: Path, items) -> None:  # noqa: F811
    data = data_of(items, tmp_path)
    module = starting_module(config(), data, seed=2)
    best = ModelCheckpoint(tmp_path / "kept", monitor="validation", filename="best")
    logger = CSVLogger(tmp_path, name="log", version="")
    trainer = pl.Trainer(
        **QUIET, max_epochs=3, logger=logger, callbacks=[best, LearningRateMonitor()], log_every_n_steps=1
    )
    trainer.fit(module, datamodule=data)
    seen = trainer.callback_metrics
    assert seen.keys() >= {"train/loss", "validation", "validation/gap:gfn1-xtb/mae_eV"}
    (tested,) = trainer.test(module, datamodule=data, verbose=False)
    values = torch.cat(trainer.predict(module, datamodule=data))
    label = torch.cat([graph.label for graph in data.graphs([item.entry for item in items[:2]])])
    # A gap is learned as it is: its model space is its unit.
    assert tested["test/gap:gfn1-xtb/mae_eV"] == pytest.approx((values - label).abs().mean().item(), rel=1e-5)
    scale = module.scale.item()
    assert tested["test"] == pytest.approx(tested["test/gap:gfn1-xtb/mae_eV"] / scale, rel=1e-5)
    loaded = PropertyModule.load_from_checkpoint(best.best_model_path)
    kept = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    assert torch.equal(loaded.scale, module.scale) and loaded.model.config == module.model.config
    assert loaded.fit_config == module.fit_config
    assert all(torch.equal(kept[name], value) for name, value in loaded.state_dict().items())
    logged = (tmp_path / "log" / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"train/loss", "validation/gap:gfn1-xtb/mae_eV"} <= set(logged) and any("lr" in name for name in logged)


def test_a_checkpoint_of_safetensors_is_no_pickle_and_comes_back(tmp_path: Path, items) -> None:  # noqa: F811
    data = data_of(items, tmp_path)
    module = starting_module(config(), data)
    trainer = pl.Trainer(**QUIET, max_epochs=1, logger=False, enable_checkpointing=False, plugins=[SafetensorsIO()])
    trainer.fit(module, datamodule=data)
    path = tmp_path / "state.safetensors"
    trainer.save_checkpoint(path)
    assert not zipfile.is_zipfile(path)
    loaded = PropertyModule.load_from_checkpoint(path)
    batch = next(iter(data.val_dataloader()))
    with torch.no_grad():
        assert torch.equal(loaded(batch).value, module(batch).value)
    assert torch.equal(loaded.scale, module.scale)


@pytest.mark.parametrize("optimizer", ["adamw", "nadamw", "radamw", "sgd"])
@pytest.mark.parametrize("schedule", ["cosine", "linear", "exponential", "constant"])
def test_rates_fall_from_the_top_to_a_hundredth(optimizer: str, schedule: str) -> None:
    fit = FitConfig.model_validate({"optimizer": optimizer, "schedule": schedule, "epochs": 12, "warmup_epochs": 2})
    made = PropertyModule(SMALL["model"], fit=fit).configure_optimizers()
    rates = []
    for epoch in range(13):
        made["lr_scheduler"]["scheduler"].begin(epoch)
        rates.append(made["optimizer"].param_groups[0]["lr"])
    top = fit.learning_rate
    assert rates[:3] == pytest.approx([top / 3, 2 * top / 3, top])
    assert rates[-1] == pytest.approx(top if schedule == "constant" else top / 100)
    assert all(np.diff(rates[2:]) <= 0)


def _two_processes(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    from tests.levels.network.test_member import _label, entry

    made = [entry(f"{family}{k}", family, 3 + k) for family in "ABCD" for k in range(5)]
    made = [type(item)(**{**vars(item), "labels": (_label(item),)}) for item in made]
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    order = FamilySampler([item.family for item in made], None, seed=4)
    sizes = [len(item.cluster) for item in made]
    shares = [list(AtomBudgetBatches(order, sizes, 20, even=even)) for even in (True, False)]
    everything = [None, None]
    distributed.all_gather_object(everything, shares)
    if rank == 0:
        even, once = zip(*everything, strict=True)
        assert len(even[0]) == len(even[1])
        assert sorted(k for share in once for batch in share for k in batch) == list(range(20))
    data = data_of(made, Path(folder))
    module = starting_module(config(), data, seed=2)
    trainer = pl.Trainer(
        **QUIET, devices=2, strategy=_joined(rank), max_epochs=2, logger=False, enable_checkpointing=False
    )
    trainer.fit(module, datamodule=data)
    torch.save(
        {"weights": module.model.state_dict(), "seen": {k: float(v) for k, v in trainer.callback_metrics.items()}},
        Path(folder) / f"rank{rank}.pt",
    )
    distributed.destroy_process_group()


def _joined(rank: int):
    """DDP over processes that are there already."""
    from lightning_fabric.plugins.environments import LightningEnvironment
    from pytorch_lightning.strategies import DDPStrategy

    class Here(LightningEnvironment):
        @property
        def creates_processes_externally(self) -> bool:
            return True

        def local_rank(self) -> int:
            return rank

        def global_rank(self) -> int:
            return rank

        def world_size(self) -> int:
            return 2

    return DDPStrategy(process_group_backend="gloo", cluster_environment=Here())


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path) -> None:
    torch.multiprocessing.start_processes(_two_processes, (str(tmp_path),), nprocs=2, start_method="spawn")
    one, other = (torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(one["weights"][name], value) for name, value in other["weights"].items())
    assert one["seen"] == other["seen"], "scores are those of all entries, in every process"


def test_a_graph_of_the_data_set_has_both_sets_of_names(items) -> None:  # noqa: F811
    dataset = GraphDataset(items, ["gap:gfn1-xtb", "gap:optical"], cutoff=4.0)
    assert len(dataset) == 20 and dataset.entries[0] == "A0"
    graph = check_fields(dataset[3])
    assert torch.equal(graph.z, graph.atomic_numbers) and torch.equal(graph.pos, graph.positions)
    assert graph.y.tolist()[0][0] == pytest.approx(items[3].labels[0].value) and graph.y[0, 1].isnan()
    graph.pos += 1.0
    assert not torch.equal(dataset[3].pos, graph.pos), "what one does to a graph does not reach the data set"
    batch = next(iter(GraphLoader(dataset, batch_size=6)))
    assert batch.y.shape == (6, 2) and len(batch.z) == len(batch.pos) == len(batch.batch)
    model = PropertyModule({**SMALL["model"], "channels": ["gap:gfn1-xtb", "gap:optical"]})
    assert model(batch).value.shape == (6, 2)
    shuffled = dataset.shuffle()[:4]
    assert len(shuffled) == 4 and shuffled[0].y.shape == (1, 2)


def test_a_yield_is_in_its_unit_and_a_bound_is_no_value(items) -> None:  # noqa: F811
    from dataclasses import replace

    from mlcluster.labels import LabelRecord

    def labelled(value: float, flags: frozenset[str] = frozenset()):
        about = {"entry": "A0", "family": "A", "target": "quantum_yield", "method": "measured", "unit": "fraction"}
        return replace(items[0], labels=(LabelRecord(**about, value=value, flags=flags),))

    dataset = GraphDataset([labelled(0.25), labelled(1.0)], ["quantum_yield:measured"], cutoff=4.0)
    assert dataset[0].y.item() == pytest.approx(0.25) and dataset[0].label.item() == pytest.approx(np.log(1 / 3))
    assert dataset[1].y.isnan().item() and dataset[1].label_mask.item() and dataset[1].label_bound.item() == 1
    with pytest.raises(DataError):
        GraphDataset([labelled(0.25, frozenset({"TOUCHSTONE"}))], ["quantum_yield:measured"])
