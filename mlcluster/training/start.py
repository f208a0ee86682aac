"""Training that begins with the weights of another model."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from mlcluster.data.families import key_of
from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError, ModelError
from mlcluster.model import PropertyModel, load_ensemble
from mlcluster.tracking.registered_models import located


def check_start(directory: str | None, items: Iterable[LabelledCluster], held: Iterable[str]) -> None:
    """Refuse a model to start from that learned from a family which is to be held out.

    Parameters
    ----------
    directory
        Of the model, or its name in the tracking store; None where there is none.
    items, held
        Entries of the run, and the names of those held out in any part of it.

    Raises
    ------
    DataError
        Naming a family on both sides, or if the model does not say what it learned from.
    """
    if directory is None:
        return
    known = load_ensemble(located(directory)).metadata.domain.get("family_keys")
    if known is None:
        raise DataError(
            "a model to start from does not say which families it learned from.", file=directory, hint="Train it anew."
        )
    names = set(held)
    both = sorted({key_of(item) for item in items if item.entry in names} & set(known))
    if both:
        raise DataError(
            "a model to start from learned from families that this run holds out.",
            file=directory,
            found=", ".join(both[:5]),
            hint="Hold them out of both stages: mlcluster.data.hold_out.",
        )


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
        Of the other model, or its name in the tracking store.
    number
        Members of the other model are taken in turn.

    Raises
    ------
    ModelError
        If the message passing of the two does not have the same shape.
    """
    ensemble = load_ensemble(located(directory))
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
