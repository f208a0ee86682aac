"""What training begins with: the prior of its own labels, and where one is named the weights of another model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.families import key_of
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.errors import DataError, ModelError
from mlcluster.levels.network import Ensemble, PropertyModel, build_model, load_ensemble
from mlcluster.levels.network.charge_fit import fit_charges
from mlcluster.levels.network.composition_fit import fit_prior
from mlcluster.levels.network.lightning_module import PropertyModule
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.levels.network.schedule import freeze
from mlcluster.levels.run_config import TrainConfig
from mlcluster.tracking.registered_models import located


def starting_module(config: TrainConfig, data: ClusterDataModule, seed: int = 0) -> PropertyModule:
    """Module before its first step, for a `Trainer` of Lightning.

    The composition term and the reference are fitted to the labels of the entries that are learned from; then come the
    weights that the configuration begins with, and the parts that stay as they are are frozen.

    Parameters
    ----------
    config
        Network, loss and what to begin with.
    data
        Entries and their split.
    seed
        Of the weights; of a model to begin with it also chooses the member, in turn.

    Raises
    ------
    DataError
        If a channel has no training label.
    ModelError
        If the network of the model to begin with is another one.
    ConfigError
        If a part to freeze is none of the network.
    """
    model = build_model(config.model, seed=seed)
    data.label_statistics()  # refuses a channel without a training label before any work is done
    # The composition term chooses its penalty by families left out, so it needs none to stop on.
    learned = data.graphs(data.learned)
    fit_prior(model, learned, [data.family(entry) for entry in data.learned])
    fit_charges(model, learned)
    if config.model.prior != "none":
        model.readout.start_at_prior()
    if config.fit.extend is not None:
        start_from(model, config.fit.extend, seed % 1000)
    elif config.fit.start_from is not None:
        start_from(model, config.fit.start_from, seed)
    if config.fit.trained == "heads":
        model.freeze_trunk()
    freeze(model, config.fit)
    return PropertyModule(model, model.readout.methods.deviation, config.fit)


def check_start(config: TrainConfig, items: Iterable[LabelledCluster], splits: Iterable[Split], data_hash: str) -> None:
    """Refuse what training could not begin with, before there is a run.

    Parameters
    ----------
    config
        Of the run; models to begin with are directories, or names in the tracking store.
    items, splits
        Entries of the run, and the splits of all its members.
    data_hash
        Of entries, labels and splits together.

    Raises
    ------
    ConfigError
        If a part that is frozen or has a rate of its own is none of the network.
    ModelError
        If the network of the model to begin with has other sizes.
    DataError
        If that model learned from a family that is held out or stopped on here, or does not say what it learned from;
        of a model to extend, if its data or splits were others.
    """
    fit = config.fit
    if config.model.kind == "network":
        freeze(build_model(config.model), fit)
    name = fit.extend or fit.start_from
    if name is None:
        return
    other = load_ensemble(located(name))
    check_network(config.model, other.config, name)
    if fit.extend is not None:
        _check_extension(config, other, data_hash)
        return
    known = other.metadata.domain.get("family_keys")
    if known is None:
        raise DataError(
            "a model to start from does not say which families it learned from.", file=name, hint="Train it anew."
        )
    by_entry = {item.entry: item for item in items}
    parts = list(splits)
    for what, sides, hint in (
        ("holds out", [split.test for split in parts], "Hold them out of both stages: mlcluster.data.hold_out."),
        (
            "stops on",
            [split.validation for split in parts],
            "Its errors there would look too small, and the intervals with them: name families it does not know in "
            "split.validation.",
        ),
    ):
        both = sorted({key_of(by_entry[entry]) for side in sides for entry in side} & set(known))
        if both:
            raise DataError(
                f"a model to start from learned from families that this run {what}.",
                file=name,
                found=", ".join(both[:5]),
                hint=hint,
            )


def _check_extension(config: TrainConfig, other: Ensemble, data_hash: str) -> None:
    place = config.fit.extend
    if other.metadata.data_hash != data_hash:
        raise DataError(
            "a model is extended on the entries, labels and splits it was trained on.",
            file=place,
            found=f"data {data_hash[:12]}",
            expected=f"data {str(other.metadata.data_hash)[:12]}",
            hint="fit.start_from begins with its weights on other data.",
        )
    if len(other.members) != config.ensemble.members:
        found, expected = config.ensemble.members, len(other.members)
        raise ModelError("a model is extended member by member.", file=place, found=found, expected=expected)


def check_network(own: ModelConfig, other: ModelConfig, name: str) -> None:
    """Refuse a network whose sizes are not those of another; channels, prior, ligands and charges of atoms may differ.

    Raises
    ------
    ModelError
        With every size that differs.
    """
    mine, theirs = (_sizes(config) for config in (own, other))
    unlike = [key for key in {**theirs, **mine} if mine.get(key) != theirs.get(key)]
    if unlike:
        raise ModelError(
            "a model to start from has the same network.",
            file=name,
            found=", ".join(f"{key} {theirs.get(key)}" for key in unlike),
            expected=", ".join(f"{key} {mine.get(key)}" for key in unlike),
            hint=f"Set model.{unlike[0]} as that model has it.",
        )


def _sizes(config: ModelConfig) -> Mapping[str, Any]:
    plain = config.model_dump(exclude={"channels", "prior", "ligands", "atom_charges", "trunk"})
    trunk = config.trunk.model_dump()
    return {"trunk": trunk.pop("name"), **trunk, **plain}


@torch.no_grad()
def start_from(model: PropertyModel, directory: str, number: int) -> None:
    """Copy the weights of a member of another model, all but composition term, reference and method scales.

    Those belong to the labels of a data set. Heads are copied where both models have the same targets, and keep
    their start otherwise; that of charges of atoms is copied as it is, with their reference, where both have one.

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
    check_network(model.config, other.config, directory)
    same_targets = model.config.targets == other.config.targets
    for name, value in other.state_dict().items():
        room, part, *_ = name.split(".")
        if part == "charges" and room == "readout":
            copied = name in own
        else:
            copied = room != "readout" or (same_targets and part not in ("methods", "composition", "calculation"))
        if copied:
            own[name].copy_(value)
