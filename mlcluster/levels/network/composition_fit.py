"""The linear term of composition or calculation of a network, fitted by ridge regression before it is trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Batch, Data

from mlcluster.chem.elements import SYMBOLS
from mlcluster.levels.network import PropertyModel
from mlcluster.nn.prior import EXTRAS, composition_inputs

ALPHAS = np.logspace(-2, 6, 17)
"""Penalties tried; under the largest nothing is left but the mean."""

FOLDS = 10
"""Most groups of families that are left out in turn to choose the penalty."""


@torch.no_grad()
def fit_prior(model: PropertyModel, graphs: Sequence[Data], families: Sequence[str]) -> None:
    """Set the linear term of a network, and the reference that goes with it, from its training graphs.

    The penalty of each channel is the one with the smallest absolute error on families left out, so that inputs that
    do not carry over to other families are hardly used. Bounds and missing labels take no part. A network without the
    term gets mean and spread of the labels as its reference. A channel without any label keeps 0 and 1. Of an
    extensive target the label of an atom is fitted, to the shares of the elements and the charge alone, so that the
    term grows with the structure. Where levels say a target, a line through those of the known charges comes first; of
    the method whose Hamiltonian it is nothing else does.

    Parameters
    ----------
    model
        Network to set.
    graphs
        Labelled training graphs, G.
    families
        Of each graph, (G,).
    """
    term = model.readout.composition if model.readout.calculation is None else model.readout.calculation
    few = [Data(**{key: graph[key] for key in _KEYS}, num_nodes=graph.num_nodes) for graph in graphs]
    batch = Batch.from_data_list(few)  # without edges, which the term does not need
    label, mask = batch.label.double().numpy(), (batch.label_mask & (batch.label_bound == 0)).numpy()
    if model.readout.calculation is not None:
        inputs = torch.cat([graph.calculated for graph in graphs]).double().numpy()
    else:
        states = (batch["charge"], batch["multiplicity"], torch.float64)
        inputs = composition_inputs(batch.atomic_numbers, batch.batch, len(few), *states).numpy()
    names = np.array(families)
    extensive = [model.config.extensive[target] for target in model.config.target_of_channel]
    atoms = torch.bincount(batch.batch, minlength=len(few)).double()
    size = (atoms / atoms.mean()).numpy()
    if model.readout.methods.has_extensive:
        model.readout.methods.typical_atoms.fill_(float(atoms.mean()))
    mean, spread = torch.zeros(label.shape[1]), torch.ones(label.shape[1])
    coefficients, center = (torch.zeros(label.shape[1], inputs.shape[1]) for _ in range(2))
    for channel in range(label.shape[1]):
        rows = mask[:, channel] if mask[:, channel].any() else batch.label_mask[:, channel].numpy()
        if not rows.any():
            continue
        level = model.config.level_of_channel[channel]
        if level is not None:
            # The levels come first. What they leave of their own method is no matter of a composition, and what a line
            # leaves of another one is.
            own = model.config.levels_are_own[channel]
            label[rows, channel] -= _line(model, channel, _levels(graphs)[rows, level], label[rows, channel], own=own)
            if own:
                spread[channel] = _wide(float(label[rows, channel].std()))
                continue
        x, y, grown = inputs[rows], label[rows, channel], np.ones(rows.sum())
        if extensive[channel]:
            grown = size[rows]
            x, y = np.where(_GROWING, x, 0.0), y / grown
        slope, left = np.zeros(inputs.shape[1]), y - y.mean()
        if term is not None and len(set(names[rows].tolist())) > 1:
            slope, left = _ridge(x, y, names[rows])
        coefficients[channel], center[channel] = torch.from_numpy(slope), torch.from_numpy(x.mean(axis=0))
        mean[channel] = float(y.mean())
        # A single label, or equal ones, have no spread to scale by.
        width = min(float(np.sqrt(np.mean((grown * left) ** 2))), float((grown * (y - y.mean())).std()))
        spread[channel] = _wide(width)
    model.set_reference(mean, spread)
    if term is not None:
        term.set(coefficients, center)


def _levels(graphs: Sequence[Data]) -> NDArray[np.float64]:
    """HOMO, LUMO and gap of each graph for known charges, (G, 3)."""
    found = torch.cat([graph.frontier_levels for graph in graphs]).double().numpy()
    return np.column_stack([found, found[:, 1] - found[:, 0]])


def _wide(width: float) -> float:
    return width if width > _LEAST_SPREAD else 1.0


def _line(
    model: PropertyModel, channel: int, levels: NDArray[np.float64], labels: NDArray[np.float64], *, own: bool
) -> NDArray[np.float64]:
    """Set how a method scales levels, and what it says of them."""
    scale = 1.0
    if not own and len(labels) >= _FEWEST_OF_LINE and levels.std() > _LEAST_SPREAD:
        scale = float(np.clip(np.polyfit(levels, labels, 1)[0], *_SCALES))
    model.readout.methods.scale[channel] = scale
    return scale * levels


def _ridge(
    x: NDArray[np.float64], y: NDArray[np.float64], families: NDArray[np.str_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients for inputs as they are, of a ridge regression on standardised ones; errors on families left out.

    A few labels are fitted nearly exactly, so what the fit leaves of its own labels would be too small a scale.
    """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = GroupKFold(min(FOLDS, len(set(families.tolist()))))
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": ALPHAS}, cv=folds, scoring="neg_mean_absolute_error"
    )
    best = search.fit(x, y, groups=families).best_estimator_
    scaler, ridge = best
    return ridge.coef_ / scaler.scale_, y - cross_val_predict(best, x, y, groups=families, cv=folds)


_LEAST_SPREAD = 1e-6
_FEWEST_OF_LINE, _SCALES = 10, (0.3, 3.0)

_GROWING = np.array([True] * len(SYMBOLS) + [name == "charge_per_metal" for name in EXTRAS])
"""Inputs of the composition that, times the number of atoms, are sums over atoms."""

_KEYS = ("atomic_numbers", "charge", "multiplicity", "label", "label_mask", "label_bound")
