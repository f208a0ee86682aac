"""Trees of a model beside its JSON: their tables are tens of thousands of numbers, kept as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.errors import ModelError
from mlcluster.runs import replaced

ARRAYS = "trees.safetensors"
"""File of the arrays; a model without trees has none."""
_KEPT_APART = ("nodes", "starts")


def without_arrays(channels: Mapping[str, dict[str, Any]], directory: Path) -> dict[str, dict[str, Any]]:
    """Channels as JSON without the tables of their trees, which are written to the directory.

    Parameters
    ----------
    channels
        By name, as `CalculationChannel.to_json` gives them.
    directory
        Where the model is saved.
    """
    from safetensors.numpy import save_file

    arrays: dict[str, np.ndarray] = {}
    left: dict[str, dict[str, Any]] = {}
    for key, channel in channels.items():
        model = dict(channel["model"])
        if model["kind"] == "trees":
            arrays[f"{key}/nodes"] = np.array(model.pop("nodes"), dtype=np.float64)
            arrays[f"{key}/starts"] = np.array(model.pop("starts"), dtype=np.int64)
        left[key] = {**channel, "model": model}
    if arrays:
        with replaced(directory / ARRAYS) as unfinished:
            save_file(arrays, unfinished)
    return left


def with_arrays(channels: Mapping[str, dict[str, Any]], directory: Path) -> dict[str, dict[str, Any]]:
    """Channels with the tables of their trees again.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or lacks a table.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not any(_lacks_tables(channel) for channel in channels.values()):
        return dict(channels)
    path = directory / ARRAYS
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError("cannot read the trees of a model.", file=path, found=error) from None
    whole = {}
    for key, channel in channels.items():
        if _lacks_tables(channel):
            tables = {name: arrays.get(f"{key}/{name}") for name in _KEPT_APART}
            if any(table is None for table in tables.values()):
                raise ModelError("the trees of a channel are missing.", file=path, site=key)
            channel = {**channel, "model": {**channel["model"], **tables}}
        whole[key] = channel
    return whole


def _lacks_tables(channel: Mapping[str, Any]) -> bool:
    model = channel.get("model")
    return isinstance(model, Mapping) and model.get("kind") == "trees" and "nodes" not in model
