"""State of one member's training after an epoch: a single safetensors file, replaced in one step; no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins import CheckpointIO
from safetensors import safe_open
from safetensors.torch import save_file

from mlcluster.errors import MlclusterError
from mlcluster.runs import ProgressBars, replaced

FILE = "state.safetensors"

_TENSOR, _PAIRS = "__tensor__", "__pairs__"


@dataclass(kw_only=True)
class Progress:
    """What training has reached, besides tensors.

    Parameters
    ----------
    epoch
        Epochs done.
    best_epoch, best_error
        Epoch with the lowest error on the early-stopping families (0: before any step), and that error (standardised
        model space).
    history
        One row an epoch: ``epoch``, ``loss``, ``validation``, ``learning_rate``, ``seconds``, and the error of each
        channel in its unit, such as ``validation/gap:optical/mae_eV``.
    done
        True once training ended by itself.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_error: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    done: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class SafetensorsIO(CheckpointIO):
    """Lightning's checkpoints as safetensors: tensors by the path at which they stand, everything else as JSON.

    A kill at any moment leaves the former file or the new one. Reading runs no code from the file.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write a checkpoint: dictionaries, lists, tensors and plain values."""
        tensors: dict[str, torch.Tensor] = {}
        tree = _without_tensors(checkpoint, "", tensors)
        with replaced(Path(path)) as unfinished:
            # Copies: safetensors refuses tensors that share memory, and weights and best do while training improves.
            whole = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
            save_file(whole, unfinished, {"tree": json.dumps(tree)})

    def load_checkpoint(
        self, path: Any, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint; tensors come to the host, from where Lightning moves them."""
        with safe_open(path, framework="pt") as handle:
            return _with_tensors(_tree(handle, Path(path)), handle)

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a checkpoint."""
        Path(path).unlink(missing_ok=True)


def read_progress(directory: Path) -> Progress:
    """Read what a member has reached; nothing yet when there is no file."""
    path = directory / FILE
    if not path.is_file():
        return Progress()
    with safe_open(path, framework="pt") as handle:
        return Progress(**_kept(_tree(handle, path))["progress"])


def read_best(directory: Path) -> dict[str, torch.Tensor]:
    """Read the averaged weights of the best epoch."""
    path = directory / FILE
    with safe_open(path, framework="pt") as handle:
        return _with_tensors(_kept(_tree(handle, path))["best"], handle)


class MemberBars(ProgressBars):
    """Bars on standard error for members that are trained side by side.

    Parameters
    ----------
    names
        What to call each member.
    epochs
        Largest number of epochs.
    """

    def __init__(self, names: Sequence[str], epochs: int) -> None:
        super().__init__(stay=True, clock="passed")
        self._numbers = [self.add(name, epochs, "waiting") for name in names]

    def show(self, members: Sequence[Progress]) -> None:
        """Show what each member has reached."""
        for number, reached in zip(self._numbers, members, strict=True):
            if reached.done:
                self.update(number, reached.epoch, note=f"done, best epoch {reached.best_epoch}", ended=True)
            elif reached.epoch:
                error = reached.history[-1]["validation"]
                note = f"validation error {error:.2f}, best {reached.best_error:.2f}"
                self.update(number, reached.epoch, note=note)


def _kept(tree: Mapping[str, Any]) -> dict[str, Any]:
    """State of `mlcluster.levels.network.state_keeper.StateKeeper`."""
    return tree["callbacks"]["StateKeeper"]


def _tree(handle: Any, path: Path) -> dict[str, Any]:
    text = (handle.metadata() or {}).get("tree")
    if text is None:
        raise MlclusterError(
            "the state of a training was written by an earlier version.", file=path, hint="Start the run anew."
        )
    return json.loads(text)


def _without_tensors(value: Any, place: str, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        tensors[place] = value
        return {_TENSOR: place}
    if isinstance(value, Mapping):
        pairs = [(key, _without_tensors(each, f"{place}/{key}", tensors)) for key, each in value.items()]
        return dict(pairs) if all(isinstance(key, str) for key, _ in pairs) else {_PAIRS: pairs}
    if isinstance(value, list | tuple):
        return [_without_tensors(each, f"{place}/{number}", tensors) for number, each in enumerate(value)]
    return value


def _with_tensors(value: Any, handle: Any) -> Any:
    if isinstance(value, list):
        return [_with_tensors(each, handle) for each in value]
    if not isinstance(value, dict):
        return value
    if _TENSOR in value:
        return handle.get_tensor(value[_TENSOR])
    pairs = value[_PAIRS] if _PAIRS in value else value.items()
    return {key: _with_tensors(each, handle) for key, each in pairs}
