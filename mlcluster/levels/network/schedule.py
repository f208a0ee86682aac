"""What changes the weights: optimizer, learning rate by epoch and by part of the network, parts left as they start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from mlcluster.errors import ConfigError
from mlcluster.levels.run_config import FitConfig

LOWEST_RATE = 0.01
"""Share of the learning rate at which the schedule ends."""

OPTIMIZERS: Mapping[str, type[torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "nadamw": torch.optim.NAdam,
    "radamw": torch.optim.RAdam,
    "sgd": torch.optim.SGD,
}
_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "nadamw": {"decoupled_weight_decay": True},
    "radamw": {"decoupled_weight_decay": True},
    "sgd": {"momentum": 0.9, "nesterov": True},
}


def make_optimizer(model: nn.Module, fit: FitConfig) -> torch.optim.Optimizer:
    """Optimizer of a network; weight decay acts on matrices only, not on offsets, scales and biases.

    Parameters of one learning rate and decay are one group; a group knows its rate at the top of the schedule as
    ``top_rate``.

    Parameters
    ----------
    model
        Network; parameters that need no gradient are left out.
    fit
        Optimizer, rates and decay.
    """
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = rate_of(name, fit)
            groups.setdefault((rate, parameter.dim() > 1), []).append(parameter)
    # Matrices first within each rate, as they have always been: the norm of the gradient sums in this order.
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] != fit.learning_rate, item[0][0], not item[0][1]))
    described = [
        {"params": parameters, "weight_decay": fit.weight_decay if decays else 0.0, "lr": rate, "top_rate": rate}
        for (rate, decays), parameters in ordered
    ]
    return OPTIMIZERS[fit.optimizer](described, lr=fit.learning_rate, **_OPTIONS.get(fit.optimizer, {}))  # type: ignore[call-arg]


class EpochSchedule(LRScheduler):
    """Learning rate as a pure function of the epoch.

    Parameters
    ----------
    optimizer
        From `make_optimizer`.
    fit
        Schedule.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, fit: FitConfig) -> None:
        self._fit = fit
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        """Rate of each group in the epoch that is reached."""
        return [learning_rate(self._fit, self.last_epoch, group["top_rate"]) for group in self.optimizer.param_groups]

    def begin(self, epoch: int) -> None:
        """Set the rates of an epoch, counted from 0, whichever was reached before."""
        self.last_epoch = epoch
        self._last_lr = self.get_lr()
        for group, rate in zip(self.optimizer.param_groups, self._last_lr, strict=True):
            group["lr"] = rate

    def state_dict(self) -> dict[str, Any]:
        """The epoch that is reached: the rest follows from it."""
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from an epoch."""
        self.begin(state_dict["last_epoch"])


def learning_rate(fit: FitConfig, epoch: int, top: float | None = None) -> float:
    """Linear warm-up to the top, then as ``fit.schedule`` says: half a cosine or a line down to a hundredth, or level.

    Parameters
    ----------
    fit
        Schedule.
    epoch
        Epoch, counted from 0.
    top
        Rate at the top; that of the configuration when None.
    """
    top = fit.learning_rate if top is None else top
    if epoch < fit.warmup_epochs:
        return top * (epoch + 1) / (fit.warmup_epochs + 1)
    share = min(1.0, (epoch - fit.warmup_epochs) / max(1, fit.epochs - fit.warmup_epochs))
    if fit.schedule == "constant":
        return top
    if fit.schedule == "linear":
        return top * (LOWEST_RATE + (1 - LOWEST_RATE) * (1 - share))
    if fit.schedule == "exponential":
        return top * LOWEST_RATE**share
    return top * (LOWEST_RATE + (1 - LOWEST_RATE) * 0.5 * (1 + math.cos(math.pi * share)))


def rate_of(parameter: str, fit: FitConfig) -> float:
    """Learning rate of a parameter at the top of the schedule: that of the longest part named that holds it."""
    named = [part for part in fit.learning_rates if _holds(part, parameter)]
    return fit.learning_rates[max(named, key=len)] if named else fit.learning_rate


def freeze(model: nn.Module, fit: FitConfig) -> None:
    """Leave the parts that ``fit.frozen`` names as they start.

    Raises
    ------
    ConfigError
        As `check_parts` does, or if nothing would be left to train.
    """
    check_parts(model, fit)
    for name, parameter in model.named_parameters():
        if any(_holds(part, name) for part in fit.frozen):
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError("no part of the network is left to train.", site="fit.frozen", found=", ".join(fit.frozen))


def check_parts(model: nn.Module, fit: FitConfig) -> None:
    """Refuse a part in ``fit.frozen`` or ``fit.learning_rates`` that the network does not have.

    Raises
    ------
    ConfigError
        With the nearest part there is.
    """
    names = [name for name, _ in model.named_parameters()]
    parts = _parts(names)
    for site, stated in (("fit.frozen", fit.frozen), ("fit.learning_rates", fit.learning_rates)):
        for part in stated:
            if not any(_holds(part, name) for name in names):
                near = get_close_matches(part, parts, n=1, cutoff=0.4)
                hint = f"Did you mean {near[0]}?" if near else None
                expected = ", ".join(part for part in parts if part.count(".") < 2 or part.rpartition(".")[2].isdigit())
                raise ConfigError("the network has no such part.", site=site, found=part, expected=expected, hint=hint)


def _parts(names: Iterable[str]) -> list[str]:
    steps = (name.split(".") for name in names)
    return list(dict.fromkeys(".".join(path[:depth]) for path in steps for depth in range(1, len(path) + 1)))


def _holds(part: str, parameter: str) -> bool:
    return parameter == part or parameter.startswith(f"{part}.")
