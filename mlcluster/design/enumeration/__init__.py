"""Every way to apply a step, each symmetry-distinct one once."""
