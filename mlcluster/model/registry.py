"""The networks by name: a new one is a file of its own and a line here."""

from __future__ import annotations

from difflib import get_close_matches

import torch

from mlcluster.errors import ConfigError
from mlcluster.model.config import ModelConfig
from mlcluster.model.property_model import PropertyModel

MODELS = {"painn": PropertyModel}
"""Networks by the name that stands in `ModelConfig.model`."""


def build_model(config: ModelConfig, seed: int = 0) -> PropertyModel:
    """Make a network with weights drawn from a seed; the global generator is left as it was.

    Raises
    ------
    ConfigError
        If no network has the name in the configuration.
    """
    if config.model not in MODELS:
        near = get_close_matches(config.model, MODELS, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else None
        raise ConfigError("no network of that name.", found=config.model, expected=", ".join(MODELS), hint=hint)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MODELS[config.model](config)
