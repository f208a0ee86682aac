"""Labels by calculation: any set of structures, one process a core, resumable after a kill."""

from mlcluster.data.compute.labelling import compute

__all__ = ["compute"]
