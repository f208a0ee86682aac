"""The one switch between the plain network and its faster, equal form on the CPU."""

from __future__ import annotations

import os

SWITCH = "MLCLUSTER_FUSED"
"""Environment variable; "0" keeps to plain torch operations."""


def compiled_path_is_wanted() -> bool:
    """Whether compiled loops and oneDNN may be used where they apply."""
    return os.environ.get(SWITCH) != "0"
