"""Compiled loops over the edge list: the reverse of each edge, and its spline weights and harmonics in one row.

An edge is a row of integers, (sender, first spline), and a row of numbers, (4 spline weights, harmonics). Rows lie
sorted by receiver; those of atom i are ``starts[i]`` to ``starts[i + 1]``.
"""

from __future__ import annotations

from mlcluster.nn.cpu.compiled import Floats, Integers, compiled

N_SPLINES = 4
"""Cubic B-splines that are not zero at a distance."""

_SQRT3 = 3.0**0.5


def row_length(lmax: int) -> int:
    """Numbers of an edge: spline weights and harmonics."""
    return N_SPLINES + (lmax + 1) ** 2 - 1


@compiled("boolean(int64[::1], int64[::1], int64[::1], int64[::1])")
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


@compiled(
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
