"""Compiled lengths and inner products of `mlcluster.nn.invariants`."""

from __future__ import annotations

from functools import cache

import numpy as np

from mlcluster.nn.compiled import Floats, Kernels, compiled
from mlcluster.nn.invariants import SMALLEST


@cache
def invariant_kernels(n_features: int, n_components: int) -> Kernels:
    """Compile lengths and inner products of tensors, of one degree."""
    # A local copy: numba then compiles anew when the constant changes.
    F, M, smallest = n_features, n_components, np.float32(SMALLEST)

    @compiled("void(float32[::1], float32[::1], float32[::1], float32[::1])")
    def forward(mixed: Floats, u: Floats, length: Floats, product: Floats) -> None:
        for i in range(len(length) // F):
            for f in range(F):
                square, inner = smallest, np.float32(0)
                for c in range(M):
                    a, b = mixed[(i * M + c) * 2 * F + f], mixed[(i * M + c) * 2 * F + F + f]
                    u[(i * M + c) * F + f] = a
                    square += b * b
                    inner += a * b
                length[i * F + f], product[i * F + f] = np.sqrt(square), inner

    @compiled("void(float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1])")
    def backward(
        mixed: Floats, length: Floats, g_u: Floats, g_length: Floats, g_product: Floats, g_mixed: Floats
    ) -> None:
        for i in range(len(length) // F):
            for f in range(F):
                along, inner = g_length[i * F + f] / length[i * F + f], g_product[i * F + f]
                for c in range(M):
                    a, b = mixed[(i * M + c) * 2 * F + f], mixed[(i * M + c) * 2 * F + F + f]
                    g_mixed[(i * M + c) * 2 * F + f] = g_u[(i * M + c) * F + f] + inner * b
                    g_mixed[(i * M + c) * 2 * F + F + f] = inner * a + along * b

    return Kernels(forward, backward)
