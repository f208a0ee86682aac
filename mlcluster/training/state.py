"""State of one member's training after an epoch: a single safetensors file, replaced in one step."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

FILE = "state.safetensors"
SCHEMA = 2


@dataclass(kw_only=True)
class Progress:
    """What training has reached, besides tensors.

    Parameters
    ----------
    epoch, steps
        Epochs and steps of the optimizer done.
    best_epoch, best_error
        Epoch with the lowest error on the validation families (0: before any step), and that error (standardised model
        space).
    history
        One row an epoch: ``epoch``, ``loss``, ``validation``, ``learning_rate``, ``seconds``.
    done
        True once training ended by itself.
    """

    epoch: int = 0
    steps: int = 0
    best_epoch: int = 0
    best_error: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    done: bool = False


def write_state(
    directory: Path,
    progress: Progress,
    model: torch.nn.Module,
    averaged: torch.nn.Module,
    best: Mapping[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write everything that training needs to go on; a kill at any moment leaves the former file or the new one.

    Parameters
    ----------
    directory
        Directory of the member.
    progress
        What was reached.
    model, averaged
        Network now, and its running average.
    best
        State dict of the average at its best epoch.
    optimizer
        Its moments are kept by the position of each parameter.
    """
    tensors = {f"weights.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"averaged.{name}": value for name, value in averaged.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for position, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{position}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    tensors["rng"] = torch.get_rng_state()
    metadata = {"schema": str(SCHEMA), "progress": json.dumps(asdict(progress))}
    directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f"{FILE}.{os.getpid()}.partial"
    # Copies: safetensors refuses tensors that share memory, and weights and best do while training improves.
    save_file({name: value.detach().clone().contiguous() for name, value in tensors.items()}, partial, metadata)
    os.replace(partial, directory / FILE)


def read_progress(directory: Path) -> Progress:
    """Read what a member has reached; nothing yet when there is no file."""
    path = directory / FILE
    if not path.is_file():
        return Progress()
    with safe_open(path, framework="pt") as handle:
        return Progress(**json.loads((handle.metadata() or {})["progress"]))


def read_tensors(directory: Path, part: str) -> dict[str, torch.Tensor]:
    """Read the tensors of ``weights``, ``averaged``, ``best`` or ``optimizer``, without that prefix."""
    with safe_open(directory / FILE, framework="pt") as handle:
        names = [name for name in handle.keys() if name.startswith(f"{part}.")]
        return {name.removeprefix(f"{part}."): handle.get_tensor(name) for name in names}


def restore(
    directory: Path, model: torch.nn.Module, averaged: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Put weights, their average, optimizer moments and the state of the random generator back as they were."""
    model.load_state_dict(read_tensors(directory, "weights"))
    averaged.load_state_dict(read_tensors(directory, "averaged"))
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in read_tensors(directory, "optimizer").items():
        position, key = name.split(".", 1)
        moments.setdefault(int(position), {})[key] = value
    state = optimizer.state_dict()
    optimizer.load_state_dict({**state, "state": moments})
    with safe_open(directory / FILE, framework="pt") as handle:
        torch.set_rng_state(handle.get_tensor("rng"))
