"""From atoms to the cluster: a weighted mean whose weights sum to one in each graph."""

from __future__ import annotations

from torch import Tensor, nn
from torch_geometric.utils import softmax


class AtomWeights(nn.Module):
    """Learned weight of each atom for each target; over the atoms of a graph they sum to one.

    The pooled value is intensive: two far copies of a cluster give the value of one. Weights start equal.
    """

    def __init__(self, n_features: int, n_targets: int) -> None:
        super().__init__()
        self.logit = nn.Linear(n_features, n_targets, bias=False)
        nn.init.zeros_(self.logit.weight)

    def forward(self, scalars: Tensor, graph: Tensor, n_graphs: int) -> Tensor:
        """Weights (N, T) of atoms with features (N, F), where `graph` (N,) is the graph of each atom."""
        return softmax(self.logit(scalars), graph, num_nodes=n_graphs)


def sum_by_graph(values: Tensor, graph: Tensor, n_graphs: int) -> Tensor:
    """Sum over the atoms of each graph: (N, ...) to (G, ...)."""
    return values.new_zeros(n_graphs, *values.shape[1:]).index_add_(0, graph, values)
