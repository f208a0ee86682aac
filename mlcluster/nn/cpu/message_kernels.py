"""Compiled sum of messages and its gradient: one pass over the edges of each atom, nothing of their size in memory."""

from __future__ import annotations

from functools import cache

import numpy as np

from mlcluster.nn.cpu.compiled import Floats, Integers, Kernels, compiled
from mlcluster.nn.cpu.edge_kernels import row_length


@cache
def message_kernels(n_features: int, lmax: int) -> Kernels:
    """Compile the sum of messages and its gradient for features of one size."""
    F, P = n_features, (1 + 2 * lmax) * n_features
    C = (lmax + 1) ** 2 - 1
    H, R = C * F, row_length(lmax)
    T = H + F
    arrays = "float32[::1], float32[::1], float32[::1], int64[::1], int64[::1], float32[::1]"

    @compiled(f"void({arrays}, float32[::1])")
    def forward(
        scalars: Floats,
        tensors: Floats,
        filters: Floats,
        starts: Integers,
        edges: Integers,
        numbers: Floats,
        total: Floats,
    ) -> None:
        weighted = np.empty(P, np.float32)
        for i in range(len(starts) - 1):
            out = total[i * T : (i + 1) * T]
            out[:] = 0
            for e in range(starts[i], starts[i + 1]):
                j, k = edges[2 * e], edges[2 * e + 1]
                spline, x, h = filters[k * P : (k + 4) * P], scalars[j * P : (j + 1) * P], tensors[j * H : (j + 1) * H]
                row = numbers[e * R : (e + 1) * R]
                w0, w1, w2, w3 = row[0], row[1], row[2], row[3]
                for p in range(P):
                    w = w0 * spline[p] + w1 * spline[P + p] + w2 * spline[2 * P + p] + w3 * spline[3 * P + p]
                    weighted[p] = w * x[p]
                for f in range(F):
                    out[f] += weighted[f]
                if lmax >= 1:
                    for f in range(F):
                        along, carried = weighted[F + f], weighted[2 * F + f]
                        for c in range(3):
                            out[(1 + c) * F + f] += along * row[4 + c] + carried * h[c * F + f]
                if lmax == 2:
                    for f in range(F):
                        along, carried = weighted[3 * F + f], weighted[4 * F + f]
                        for c in range(3, 8):
                            out[(1 + c) * F + f] += along * row[4 + c] + carried * h[c * F + f]

    @compiled(f"void({arrays}, float32[::1], float32[::1], float32[::1], float32[::1])")
    def backward(
        scalars: Floats,
        tensors: Floats,
        filters: Floats,
        starts: Integers,
        edges: Integers,
        numbers: Floats,
        g_total: Floats,
        g_scalars: Floats,
        g_tensors: Floats,
        g_filters: Floats,
    ) -> None:
        w, d = np.empty(P, np.float32), np.empty(P, np.float32)
        g_filters[:] = 0
        for j in range(len(starts) - 1):
            x, h = scalars[j * P : (j + 1) * P], tensors[j * H : (j + 1) * H]
            gx, gh = g_scalars[j * P : (j + 1) * P], g_tensors[j * H : (j + 1) * H]
            gx[:] = 0
            gh[:] = 0
            # The edges that j receives are, turned round, those that it sends: harmonics of odd degree change sign.
            for e in range(starts[j], starts[j + 1]):
                i, k = edges[2 * e], edges[2 * e + 1]
                spline, gs = filters[k * P : (k + 4) * P], g_filters[k * P : (k + 4) * P]
                g, row = g_total[i * T : (i + 1) * T], numbers[e * R : (e + 1) * R]
                w0, w1, w2, w3 = row[0], row[1], row[2], row[3]
                for p in range(P):
                    w[p] = w0 * spline[p] + w1 * spline[P + p] + w2 * spline[2 * P + p] + w3 * spline[3 * P + p]
                for f in range(F):
                    d[f] = g[f]
                if lmax >= 1:
                    for f in range(F):
                        along = carried = np.float32(0)
                        factor = w[2 * F + f] * x[2 * F + f]
                        for c in range(3):
                            along -= g[(1 + c) * F + f] * row[4 + c]
                            carried += g[(1 + c) * F + f] * h[c * F + f]
                            gh[c * F + f] += factor * g[(1 + c) * F + f]
                        d[F + f], d[2 * F + f] = along, carried
                if lmax == 2:
                    for f in range(F):
                        along = carried = np.float32(0)
                        factor = w[4 * F + f] * x[4 * F + f]
                        for c in range(3, 8):
                            along += g[(1 + c) * F + f] * row[4 + c]
                            carried += g[(1 + c) * F + f] * h[c * F + f]
                            gh[c * F + f] += factor * g[(1 + c) * F + f]
                        d[3 * F + f], d[4 * F + f] = along, carried
                for p in range(P):
                    gx[p] += w[p] * d[p]
                    u = d[p] * x[p]
                    gs[p] += w0 * u
                    gs[P + p] += w1 * u
                    gs[2 * P + p] += w2 * u
                    gs[3 * P + p] += w3 * u

    return Kernels(forward, backward)
