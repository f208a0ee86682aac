"""Training that begins with the weights of another model."""

from __future__ import annotations

import torch

from mlcluster.errors import ModelError
from mlcluster.model import PropertyModel, load_ensemble


@torch.no_grad()
def start_from(model: PropertyModel, directory: str, number: int) -> None:
    """Copy the weights of a member of another model, all but composition term, reference and method scales.

    Those belong to the labels of a data set. Heads are copied where both models have the same targets, and keep
    their start otherwise.

    Parameters
    ----------
    model
        Network to fill.
    directory
        Of the other model.
    number
        Members of the other model are taken in turn.

    Raises
    ------
    ModelError
        If the message passing of the two does not have the same shape.
    """
    ensemble = load_ensemble(directory)
    other, own = ensemble.members[number % len(ensemble.members)], model.state_dict()
    trunk = model.config.model_copy(update={"channels": other.config.channels, "prior": other.config.prior})
    if trunk != other.config:
        raise ModelError(
            "a model to start from has the same network.",
            file=directory,
            found=other.config.model_dump(exclude={"channels", "prior"}),
            expected=model.config.model_dump(exclude={"channels", "prior"}),
        )
    same_targets = model.config.targets == other.config.targets
    for name, value in other.state_dict().items():
        part = name.split(".")[0]
        if part in ("methods", "composition") or (part in ("head", "weights", "state_terms") and not same_targets):
            continue
        own[name].copy_(value)
