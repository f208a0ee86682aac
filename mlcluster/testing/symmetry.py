"""Checks any model must pass: what physics does not tell apart, the prediction may not either.

Each check moves a cluster in float64, makes its graph anew, and compares value, atomic contributions and, where the
model gives them, atomic charges. The tolerance follows the model's floating type and is relative to the size of the
numbers, at least one.

Examples
--------
>>> from mlcluster.levels.network import ModelConfig, build_model
>>> from mlcluster.structure.cluster import Cluster
>>> cluster = Cluster(numbers=[79, 79, 17], positions=[[0, 0, 0], [2.8, 0, 0], [3.4, 2.2, 0]], charge=0)
>>> check_rotation(build_model(ModelConfig(n_features=8)), cluster)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Batch, Data

from mlcluster.graph.convert import convert
from mlcluster.levels.network.property_model import PropertyModel
from mlcluster.nn.readout import ModelOutput
from mlcluster.structure.cluster import Cluster

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
"""Largest relative violation by the type of the model's weights."""


def check_rotation(model: PropertyModel, cluster: Cluster, *, seed: int = 0, tolerance: float | None = None) -> None:
    """Turning the cluster changes nothing.

    Parameters
    ----------
    model
        Takes a batch of graphs and returns a `ModelOutput`; its ``config.cutoff`` is the radius of the graphs.
    cluster
        Any cluster of two atoms or more.
    seed
        Of the random transform.
    tolerance
        Largest relative violation; by the type of the weights when None.

    Raises
    ------
    AssertionError
        With the size of the violation.
    """
    turn = _random_rotation(np.random.default_rng(seed))
    _check_moved(model, cluster, cluster.positions @ turn.T, "rotation", tolerance)


def check_reflection(model: PropertyModel, cluster: Cluster, *, seed: int = 0, tolerance: float | None = None) -> None:
    """The mirror image has the same properties; arguments as in `check_rotation`."""
    turn = _random_rotation(np.random.default_rng(seed)) * np.array([1.0, 1.0, -1.0])
    _check_moved(model, cluster, cluster.positions @ turn.T, "reflection", tolerance)


def check_translation(model: PropertyModel, cluster: Cluster, *, seed: int = 0, tolerance: float | None = None) -> None:
    """Moving the cluster changes nothing; arguments as in `check_rotation`."""
    step = np.random.default_rng(seed).uniform(-20, 20, size=3)
    _check_moved(model, cluster, cluster.positions + step, "translation", tolerance)


def check_permutation(model: PropertyModel, cluster: Cluster, *, seed: int = 0, tolerance: float | None = None) -> None:
    """A new order of the atoms changes no value and takes what is of atoms along; arguments as in `check_rotation`."""
    order = np.random.default_rng(seed).permutation(len(cluster))
    if len(cluster) > 1 and (order == np.arange(len(cluster))).all():
        order = order[::-1].copy()
    shuffled = cluster.replace(
        numbers=cluster.numbers[order],
        positions=cluster.positions[order],
        labels=tuple(cluster.labels[k] for k in order),
    )
    before, after = _predict(model, [_graph(model, cluster)]), _predict(model, [_graph(model, shuffled)])
    moved = {name: value[torch.from_numpy(order)] for name, value in _of_atoms(before).items()}
    expected = before._replace(**moved)
    _compare(model, expected, after, "permutation", tolerance)


def check_batching(
    model: PropertyModel, cluster: Cluster, others: Sequence[Cluster] = (), *, tolerance: float | None = None
) -> None:
    """A cluster is predicted alike alone and in a batch, wherever in the batch it stands.

    Parameters
    ----------
    model, cluster
        As in `check_rotation`.
    others
        Company in the batch; a contracted copy of the cluster and a pair of gold atoms when empty.
    tolerance
        As in `check_rotation`.
    """
    pair = Cluster(numbers=np.array([79, 79]), positions=np.array([[0, 0, 0], [0, 0, 0.5 * model.config.cutoff]]))
    company = list(others) or [cluster.replace(positions=cluster.positions * 0.95), pair]
    graphs = [_graph(model, member) for member in (*company, cluster, *company, cluster)]
    together = _predict(model, graphs)
    last = 0
    for number, graph in enumerate(graphs):
        alone = _predict(model, [graph])
        atoms = slice(last, last := last + graph.num_nodes)
        own = {name: value[atoms] for name, value in _of_atoms(together).items()}
        part = together._replace(value=together.value[number : number + 1], **own)
        _compare(model, alone, part, "batching", tolerance)


def check_all(model: PropertyModel, cluster: Cluster, *, seed: int = 0) -> None:
    """All five checks."""
    for check in (check_rotation, check_reflection, check_translation, check_permutation):
        check(model, cluster, seed=seed)
    check_batching(model, cluster)


def _of_atoms(output: ModelOutput) -> dict[str, Any]:
    """What an output says of single atoms: contributions, and charges where the model gives them."""
    charges = {} if output.atom_charges is None else {"atom_charges": output.atom_charges}
    return {"contributions": output.contributions} | charges


def _dtype(model: PropertyModel) -> torch.dtype:
    return next(model.parameters()).dtype


def _graph(model: PropertyModel, cluster: Cluster) -> Data:
    return convert(cluster, model.config.cutoff, dtype=_dtype(model))


@torch.no_grad()
def _predict(model: PropertyModel, graphs: Sequence[Data]) -> ModelOutput:
    was_training = model.training
    model.eval()
    try:
        return model(Batch.from_data_list(list(graphs)))
    finally:
        model.train(was_training)


def _check_moved(
    model: PropertyModel, cluster: Cluster, positions: NDArray[np.float64], name: str, tolerance: float | None
) -> None:
    before = _predict(model, [_graph(model, cluster)])
    after = _predict(model, [_graph(model, cluster.replace(positions=positions))])
    _compare(model, before, after, name, tolerance)


def _compare(
    model: PropertyModel, expected: ModelOutput, found: ModelOutput, name: str, tolerance: float | None
) -> None:
    limit = TOLERANCE[_dtype(model)] if tolerance is None else tolerance
    others = {"value": found.value} | _of_atoms(found)
    for what, a in ({"value": expected.value} | _of_atoms(expected)).items():
        b = others[what]
        violation = float((a - b).abs().max() / a.abs().max().clamp(min=1.0))
        # Written so that NaN fails too.
        if not violation <= limit:
            raise AssertionError(f"{name} changes the {what} by {violation:.3g} (relative); allowed: {limit:.1g}")


def _random_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.array([1.0, 1.0, np.sign(np.linalg.det(q))])
