"""How the loops of this package are compiled. Imported only when needed, as numba takes time to load.

All arrays are flat and contiguous, and a loop has few of them: the compiler then proves that they do not overlap, and
the loops over features become vector instructions. Sizes are constants of the compilation for the same reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Kernels(NamedTuple):
    """A function and the gradients of its inputs; the last arguments are written to."""

    forward: Callable[..., None]
    backward: Callable[..., None]


def compiled(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """numba.njit for given types, kept on disk where the package or the user's cache directory can be written."""
    # Without "nnan" and "ninf": a diverged training has to show.
    options: dict[str, Any] = {"fastmath": {"contract", "nsz"}, "error_model": "numpy", "nogil": True}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(signature, cache=True, **options)(function)
        except (RuntimeError, OSError) as error:  # numba finds no directory to write to, or writing fails
            logging.getLogger("mlcluster").debug("compiled loops are not kept: %s", error)
            return numba.njit(signature, **options)(function)

    return decorate
