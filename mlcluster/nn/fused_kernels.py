"""Compiled loops of the fused message path: one pass over the edges of each atom, nothing of their size in memory.

Imported only when needed, as numba takes time to load. All arrays are flat and contiguous, and there are few of them:
the compiler then proves that they do not overlap, and the loops over features become vector instructions. Sizes are
constants of the compilation for the same reason.

An edge is a row of integers, (sender, first spline), and a row of numbers, (4 spline weights, harmonics). Rows lie
sorted by receiver; those of atom i are ``starts[i]`` to ``starts[i + 1]``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

N_SPLINES = 4
"""Cubic B-splines that are not zero at a distance."""

_SQRT3 = 3.0**0.5


class MessageKernels(NamedTuple):
    """The sum of messages, and the gradients of scalars, tensors and filters; the last arguments are written to."""

    forward: Callable[..., None]
    backward: Callable[..., None]


def row_length(lmax: int) -> int:
    """Numbers of an edge: spline weights and harmonics."""
    return N_SPLINES + (lmax + 1) ** 2 - 1


def _compiled(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
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


@_compiled("boolean(int64[::1], int64[::1], int64[::1], int64[::1])")
def pair_edges(senders: Integers, receivers: Integers, starts: Integers, reverse: Integers) -> bool:
    """Fill row starts and reverses; False unless edges are sorted by receiver, sender and each has its reverse."""
    n_edges, n_atoms = len(senders), len(starts) - 1
    starts[:] = 0
    for e in range(n_edges):
        i, j = receivers[e], senders[e]
        if i < 0 or j < 0 or i >= n_atoms or j >= n_atoms or (e > 0 and i < receivers[e - 1]):
            return False
        starts[i + 1] += 1
    for i in range(n_atoms):
        starts[i + 1] += starts[i]
    # Receivers come in rising order, so the edges back to them stand in this order in the row of each sender.
    following = starts[:-1].copy()
    for e in range(n_edges):
        back = following[senders[e]]
        if back == starts[senders[e] + 1] or senders[back] != receivers[e]:
            return False
        reverse[e] = back
        following[senders[e]] += 1
    return True


@_compiled(
    "boolean(int64[::1], int64[::1], float32[:, ::1], float32[::1], float32[::1], float32, int64, int64, "
    "int64[:, ::1], float32[:, ::1])"
)
def pack_edges(
    senders: Integers,
    reverse: Integers,
    vector: Floats,
    distance: Floats,
    envelope: Floats,
    spacing: float,
    last: int,
    lmax: int,
    edges: Integers,
    numbers: Floats,
) -> bool:
    """Fill the rows of edges; False unless vectors of reverse edges are opposite."""
    for e in range(len(senders)):
        back = reverse[e]
        opposite = vector[e, 0] == -vector[back, 0] and vector[e, 1] == -vector[back, 1]
        if not (opposite and vector[e, 2] == -vector[back, 2] and distance[e] == distance[back] and distance[e] >= 0):
            return False  # NaN comes here too, before it could become an index.
        position = min(distance[e] / spacing, last + 1)
        first = min(int(position), last)
        f = position - first
        g, amplitude = 1.0 - f, envelope[e] / 6.0
        edges[e, 0], edges[e, 1] = senders[e], first
        row = numbers[e]
        row[0] = amplitude * g * g * g
        row[1] = amplitude * (4.0 + f * f * (3.0 * f - 6.0))
        row[2] = amplitude * (4.0 + g * g * (3.0 * g - 6.0))
        row[3] = amplitude * f * f * f
        if lmax >= 1:
            x, y, z = vector[e, 0] / distance[e], vector[e, 1] / distance[e], vector[e, 2] / distance[e]
            row[4], row[5], row[6] = x, y, z
            if lmax == 2:
                row[7], row[8], row[9] = _SQRT3 * x * y, _SQRT3 * y * z, 1.5 * z * z - 0.5
                row[10], row[11] = _SQRT3 * x * z, 0.5 * _SQRT3 * (x * x - y * y)
    return True


@cache
def message_kernels(n_features: int, lmax: int) -> MessageKernels:
    """Compile the sum of messages and its gradient for features of one size."""
    F, P = n_features, (1 + 2 * lmax) * n_features
    C = (lmax + 1) ** 2 - 1
    H, R = C * F, row_length(lmax)
    T = H + F
    arrays = "float32[::1], float32[::1], float32[::1], int64[::1], int64[::1], float32[::1]"

    @_compiled(f"void({arrays}, float32[::1])")
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

    @_compiled(f"void({arrays}, float32[::1], float32[::1], float32[::1], float32[::1])")
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

    return MessageKernels(forward, backward)
