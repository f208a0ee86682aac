"""Small inputs, a small model and a table to compare, for tests of screening; imported by the processes they start."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import torch

from mlcluster.data import model_structures
from mlcluster.model import Ensemble, EnsembleMetadata, ModelConfig, build_model
from mlcluster.model.checkpoint import save_ensemble
from mlcluster.prediction.screen import screen
from mlcluster.prediction.screening.screen_table import read_screen
from tests.model.structures import random_cluster

CHANNELS = ("gap:gfn1-xtb", "gap:optical")
FRAMES = 13


def make_model(directory: Path, seed: int = 0) -> Path:
    """Two members with weights at random, saved."""
    config = ModelConfig(channels=CHANNELS, n_features=8, n_layers=1)
    members = [build_model(config, seed=seed + k) for k in range(2)]
    save_ensemble(Ensemble(members, EnsembleMetadata(residual_scale=dict.fromkeys(CHANNELS, 0.3))), directory)
    return directory


def make_inputs(directory: Path) -> list[str]:
    """A folder with good, bad and equal files, and a set with a frame that fails and one that repeats another."""
    folder = directory / "folder"
    (folder / "deeper").mkdir(parents=True)
    names = ["model Au11(PH3)7Cl3", "model Au13(PH3)10Cl2 3+"]
    structures = list(model_structures().values())
    first = model_structures().get(names[0], structures[0])
    (folder / "b.cif").write_text(first.to_cif())
    (folder / "a.cif").write_text("data_x\nno structure\n")
    (folder / "deeper" / "same as b.cif").write_text(first.to_cif())
    (folder / "notes.txt").write_text("not looked at")
    (folder / "z.xyz.gz").write_bytes(gzip.compress(structures[1].to_xyz().encode()))
    frames = [random_cluster(k, charge=k % 2).replace(name=f"random {k}").to_xyz() for k in range(FRAMES)]
    frames[4] = "1\nname=alone charge=1\nAu 0 0 0\n"
    frames[9] = frames[2].replace('"random 2"', '"the second again"')
    (directory / "set.extxyz").write_text("".join(frames))
    return [str(folder), str(directory / "set.extxyz")]


def run(inputs: list[str], out: Path, model: Path, **options: object) -> dict:
    """`screen` in this process, in parts of two."""
    return screen(inputs, out, model=model, **{"processes": 1, "part_size": 2, **options})  # type: ignore[arg-type]


def run_slowly(inputs: list[str], out: Path, model: Path) -> None:
    """The same as the work of a process that is going to be killed."""
    os.environ["MLCLUSTER_CACHE"] = "off"
    torch.set_num_threads(1)
    run(inputs, out, model)


def rows(out: Path) -> list[dict]:
    """Every row of a screen."""
    return read_screen(out).to_pylist()
