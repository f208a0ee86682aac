"""Graph isomorphism against relabelled graphs and known pairs that colours alone cannot tell apart."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from mlcluster.geometry.isomorphism import graph_colours, isomorphic

HEXAGON = [(i, (i + 1) % 6) for i in range(6)]
TWO_TRIANGLES = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]


@given(st.integers(1, 9), st.data())
def test_any_relabelling_is_isomorphic(size, data):
    pairs = [(i, j) for i in range(size) for j in range(i)]
    edges = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    labels = data.draw(st.lists(st.sampled_from("CNS"), min_size=size, max_size=size))
    order = list(range(size))
    random.Random(size).shuffle(order)
    moved = [(order[i], order[j]) for i, j in edges]
    renamed = [labels[order.index(k)] for k in range(size)]
    assert isomorphic(labels, edges, renamed, moved)
    assert sorted(graph_colours(labels, edges)) == sorted(graph_colours(renamed, moved))


def test_graphs_with_equal_colours_are_still_told_apart():
    carbons = "CCCCCC"
    assert sorted(graph_colours(carbons, HEXAGON)) == sorted(graph_colours(carbons, TWO_TRIANGLES))
    assert not isomorphic(carbons, HEXAGON, carbons, TWO_TRIANGLES)


def test_labels_and_number_of_edges_count():
    assert not isomorphic("CN", [(0, 1)], "CC", [(0, 1)])
    assert not isomorphic("CC", [(0, 1)], "CC", [])
