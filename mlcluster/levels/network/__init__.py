"""The network level: properties of a cluster from its graph, an ensemble of equivariant networks."""
