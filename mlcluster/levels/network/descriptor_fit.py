"""Training of a Gaussian process on descriptors, where a network would be trained epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.levels.baselines import labelled_with_value
from mlcluster.levels.network.descriptor_model import DescriptorModel
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.levels.network.training_state import FILE, Progress, SafetensorsIO
from mlcluster.levels.structural_descriptors import structural_descriptors


def train_descriptor_model(
    directory: Path, split: Split, config: ModelConfig, items: Sequence[LabelledCluster]
) -> None:
    """Fit a member to its entries and keep it as the state of a training that is done.

    Parameters
    ----------
    directory
        Of the member.
    split
        It learns from the training side; the families to stop on, which it needs not for that, calibrate its intervals.
    config
        Its channels.
    items
        Entries that the split names.
    """
    started, by_entry = time.perf_counter(), {item.entry: item for item in items}
    model = DescriptorModel(config)
    model.learn([by_entry[entry] for entry in split.train])
    loss, error = (_error(model, [by_entry[entry] for entry in side]) for side in (split.train, split.validation))
    row = {"epoch": 1, "loss": loss, "validation": error, "seconds": time.perf_counter() - started}
    progress = Progress(epoch=1, best_epoch=1, best_error=error, history=[row], done=True)
    kept = {"progress": progress.as_json(), "best": model.state_dict()}
    directory.mkdir(parents=True, exist_ok=True)
    SafetensorsIO().save_checkpoint({"callbacks": {"StateKeeper": kept}}, directory / FILE)


def _error(model: DescriptorModel, items: Sequence[LabelledCluster]) -> float:
    """Mean over channels of the absolute error in standard deviations of these labels; 0 without any."""
    errors = []
    for column, channel in enumerate(model.config.channels):
        rows, labels = labelled_with_value(items, channel)
        if rows:
            sizes = np.array([len(item.cluster) for item in rows]) if model.extensive[column] else 1.0
            found = model.of_channel(column, torch.from_numpy(structural_descriptors(rows))).numpy() * sizes
            errors.append(float(np.abs(found - labels).mean() / max(labels.std(), 1e-6)))
    return float(np.mean(errors)) if errors else 0.0
