"""The formula level: properties of a cluster from its formula alone, a Gaussian process for each channel."""
