"""A member whose batches several devices share: same steps, resumable, and no process is left when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from torch.multiprocessing import ProcessRaisedException

from mlcluster.data import LabelledCluster
from mlcluster.data.sampling import AtomBudgetBatches
from mlcluster.errors import ConfigError, MlclusterError
from mlcluster.levels.network.lightning_module import PropertyModule
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.training_state import FILE, SafetensorsIO, read_progress
from tests.levels.network.test_member import SMALL, job_in, small
from tests.training.test_prepare import entry

CHECKOUT = Path(__file__).resolve().parents[3]
SAME = ["fit.position_noise=0", "fit.schedule=constant", "fit.warmup_epochs=0"]
SEVERAL = [*SAME, "fit.atoms_per_batch=10", "trainer.devices=2"]


def alike() -> list[LabelledCluster]:
    """Clusters of five atoms that differ in shape; three batches to stop on, so that one device has one more."""
    random, made = np.random.default_rng(0), []
    for item in (entry(f"{family}{k}", family, 5) for family in "ABCD" for k in range(6 if family == "D" else 4)):
        cluster = item.cluster.replace(positions=item.cluster.positions + random.normal(scale=0.05, size=(5, 3)))
        label = replace(item.labels[0], value=float(np.ptp(cluster.positions[:, 2])))
        made.append(replace(item, cluster=cluster, labels=(label,)))
    return made


def test_no_device_waits_for_the_others_at_each_batch() -> None:
    """Where one has a batch more to look at, a buffer that all had to agree on would be waited for in vain."""
    module = PropertyModule(SMALL["model"])
    buffers = {name for name, _ in module.named_buffers()}
    assert buffers and set(module._ddp_params_and_buffers_to_ignore) == buffers


@pytest.mark.parametrize(("entries", "devices"), [(1, 3), (2, 5), (4, 3), (6, 3)])
def test_every_device_has_equally_many_batches_however_few_there_are(monkeypatch, entries: int, devices: int) -> None:
    shares = []
    for rank in range(devices):
        monkeypatch.setattr("mlcluster.data.sampling._place_among_processes", lambda rank=rank: (rank, devices))
        shares.append(list(AtomBudgetBatches(range(entries), [5] * entries, 5, even=True)))
    assert {len(share) for share in shares} == {-(-entries // devices)}
    assert {number for share in shares for (number,) in share} == set(range(entries))


@pytest.mark.parametrize(
    "setting", ["trainer.accelerator=nonsense", "trainer.accelerator=hpu", "trainer.devices=[0, 999]"]
)
def test_what_this_machine_lacks_is_said(tmp_path: Path, setting: str) -> None:
    config = small("trainer.accelerator=auto", setting)
    with pytest.raises(ConfigError, match="this machine cannot train as it is asked to"):
        train_member(job_in(tmp_path, alike()), config, alike())


def test_a_device_that_fails_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ProcessRaisedException("\n\n-- Process 1 terminated\nTraceback\n  ...\nRuntimeError: no memory\n", 1, 7)

    monkeypatch.setattr("pytorch_lightning.Trainer.fit", fail)
    with pytest.raises(MlclusterError, match="process of a device failed. Found: RuntimeError: no memory"):
        train_member(job_in(tmp_path, alike()), small(*SAME), alike())


@pytest.mark.slow
def test_two_devices_take_the_steps_of_one_with_batches_twice_as_large(tmp_path: Path) -> None:
    made, cache = alike(), tmp_path / "graphs"
    whole = small(*SAME, "fit.epochs=3", "fit.atoms_per_batch=20")
    train_member(job_in(tmp_path / "one", made), whole, made, cache=cache)
    job = job_in(tmp_path / "two", made)
    train_member(job, small(*SEVERAL, "fit.epochs=1"), made, cache=cache)
    go_on(job.directory / FILE)
    train_member(job, small(*SEVERAL, "fit.epochs=3"), made, cache=cache)
    one, two = (read_progress(tmp_path / name) for name in ("one", "two"))
    assert two.done and one.history[-1]["loss"] < one.history[0]["loss"]
    for row, expected in zip(two.history, one.history, strict=True):
        assert {**row, "seconds": 0} == pytest.approx({**expected, "seconds": 0}, rel=1e-4)


def go_on(state: Path) -> None:
    """Let a training that has ended be one that was cut off."""
    kept = SafetensorsIO().load_checkpoint(state)
    kept["callbacks"]["StateKeeper"]["progress"]["done"] = False
    SafetensorsIO().save_checkpoint(kept, state)


@pytest.mark.slow
def test_its_processes_end_with_the_one_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.levels.network.test_several_devices import *\n"
        "made = alike()\n"
        "train_member(job_in(Path(sys.argv[1]), made), small(*SEVERAL, 'fit.epochs=9999', 'fit.patience=9999'), made)"
    )
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 240
    while not read_progress(tmp_path).epoch:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    devices = [child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())]
    assert len(devices) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(devices, timeout=60)
    assert not alive
