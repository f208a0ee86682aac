"""Whether two labelled graphs are the same: refinement of colours, then a search over what they leave open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

Edges = Sequence[tuple[int, int]]


def graph_colours(labels: Sequence[Hashable], edges: Edges) -> tuple[int, ...]:
    """Colour of each node after refinement by the colours of its neighbours until nothing changes.

    Equal graphs have equal sorted colours; the reverse holds for almost all molecules, `isomorphic` decides it.

    >>> path = graph_colours("CCC", [(0, 1), (1, 2)])
    >>> path[0] == path[2] != path[1]
    True
    """
    neighbours = _neighbours(len(labels), edges)
    # Hashes of tuples of integers and of their labels' text are the same in every process.
    colours = [sum(ord(c) * 131**k for k, c in enumerate(str(label))) % _PRIME for label in labels]
    kinds = len(set(colours))
    for _ in labels:
        colours = [hash((colours[i], *sorted(colours[j] for j in near))) for i, near in enumerate(neighbours)]
        if len(set(colours)) == kinds:
            break
        kinds = len(set(colours))
    return tuple(colours)


_PRIME = 2**61 - 1


def isomorphic(labels_a: Sequence[Hashable], edges_a: Edges, labels_b: Sequence[Hashable], edges_b: Edges) -> bool:
    """Whether a relabelling of the nodes turns one graph into the other, labels kept.

    >>> isomorphic("SCC", [(0, 1), (1, 2)], "CSC", [(0, 1), (0, 2)])
    True
    >>> isomorphic("SCC", [(0, 1), (1, 2)], "CSC", [(0, 1), (1, 2)])
    False
    """
    if len(edges_a) != len(edges_b) or Counter(labels_a) != Counter(labels_b):
        return False
    colours_a, colours_b = graph_colours(labels_a, edges_a), graph_colours(labels_b, edges_b)
    if Counter(colours_a) != Counter(colours_b):
        return False
    near_a, near_b = _neighbours(len(labels_a), edges_a), _neighbours(len(labels_b), edges_b)
    order = _connected_order(colours_a, near_a)
    partner: dict[int, int] = {}
    used: set[int] = set()

    def extend(depth: int) -> bool:
        if depth == len(order):
            return True
        node = order[depth]
        placed = [partner[j] for j in near_a[node] if j in partner]
        for other, colour in enumerate(colours_b):
            # Colours fix the degree: with as many edges in both graphs, no edge of B can be left over.
            if colour != colours_a[node] or other in used or any(j not in near_b[other] for j in placed):
                continue
            partner[node] = other
            used.add(other)
            if extend(depth + 1):
                return True
            used.discard(partner.pop(node))
        return False

    return extend(0)


def _neighbours(size: int, edges: Edges) -> list[set[int]]:
    neighbours: list[set[int]] = [set() for _ in range(size)]
    for i, j in edges:
        neighbours[i].add(j)
        neighbours[j].add(i)
    return neighbours


def _connected_order(colours: Sequence[int], neighbours: list[set[int]]) -> list[int]:
    """Nodes so that each has a neighbour before it where possible, rare colours first."""
    rarity = Counter(colours)
    order: list[int] = []
    seen: set[int] = set()
    frontier: set[int] = set()
    while len(order) < len(colours):
        pool = frontier or set(range(len(colours))) - seen
        node = min(pool, key=lambda i: (rarity[colours[i]], i))
        order.append(node)
        seen.add(node)
        frontier = (frontier | neighbours[node]) - seen
    return order
