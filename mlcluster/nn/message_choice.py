"""Which of the two ways messages are summed: the plain one, or the compiled one where it applies."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor

from mlcluster.nn.harmonics import harmonics
from mlcluster.nn.message import summed_messages
from mlcluster.nn.radial import RadialBasis
from mlcluster.nn.switch import SWITCH, compiled_path_is_wanted

MessageSum = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From scalars, tensors and filters to the messages at each atom, as `summed_messages`."""


def message_sum(
    edge_index: Tensor, vector: Tensor, distance: Tensor, n_atoms: int, basis: RadialBasis, lmax: int
) -> MessageSum:
    """Sum of messages over the edges of a batch, whose geometry is worked out once for all layers.

    The compiled path needs float32 on the CPU and a sorted, symmetric edge list, and knows no derivative with respect
    to the geometry; in every other case, or if the environment says ``MLCLUSTER_FUSED=0``, the plain path is taken.
    Both give the same numbers. What was taken is told once to the log "mlcluster".

    Parameters
    ----------
    edge_index
        (2, E), sender and receiver.
    vector, distance
        From receiver to sender, (E, 3) and (E,), angstrom.
    n_atoms
        Atoms of the batch.
    basis
        Radial functions.
    lmax
        Largest degree of the features.
    """
    obstacle = _obstacle(vector, distance)
    if obstacle is None:
        from mlcluster.nn.fused_message import edge_rows

        rows = edge_rows(edge_index, vector, distance, n_atoms, basis, lmax)
        if rows is not None:
            _tell("fused (numba)")
            return rows
        obstacle = "edges are not sorted and symmetric"
    _tell(f"plain ({obstacle})")
    angular = harmonics(vector / distance[:, None], lmax)
    return partial(_plain_sum, edge_index, basis(distance), angular)


def _obstacle(vector: Tensor, distance: Tensor) -> str | None:
    if not compiled_path_is_wanted():
        return f"{SWITCH}=0"
    if distance.device.type != "cpu":
        return f"on {distance.device.type}"
    if distance.dtype != torch.float32:
        return str(distance.dtype).removeprefix("torch.")
    return "derivative with respect to positions" if vector.requires_grad or distance.requires_grad else None


def _plain_sum(
    edge_index: Tensor, basis: Tensor, angular: Tensor, scalars: Tensor, tensors: Tensor, filters: Tensor
) -> Tensor:
    return summed_messages(edge_index, scalars, tensors, basis, angular, filters)


@cache
def _tell(path: str) -> None:
    logging.getLogger("mlcluster").info("messages are summed on the path: %s", path)
