"""What a cluster is made of."""

from mlcluster.anatomy.anatomy import Anatomy

__all__ = ["Anatomy"]
