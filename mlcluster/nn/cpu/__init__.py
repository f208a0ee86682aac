"""The same numbers faster, on a CPU: compiled loops and oneDNN. One switch turns all of it off.

Nothing here is needed to understand the network; every operation has its plain form outside this folder.
"""

from __future__ import annotations

import os

import torch
from torch import Tensor

SWITCH = "MLCLUSTER_FUSED"
"""Environment variable; "0" keeps to plain torch operations."""


def compiled_path_is_wanted() -> bool:
    """Whether compiled loops and oneDNN may be used where they apply."""
    return os.environ.get(SWITCH) != "0"


def compiled_path_serves(values: Tensor) -> bool:
    """Whether such values can take it: float32 on the CPU, not empty, and not under mixed precision."""
    return (
        values.dtype == torch.float32
        and values.device.type == "cpu"
        and values.numel() > 0
        and compiled_path_is_wanted()
        and not torch.is_autocast_enabled("cpu")
    )
