"""Every field a graph may carry: name, kind, shape, dtype, unit, and what batching does to it.

PyTorch Geometric decides by *name* how to batch a field: it adds the number of atoms so far to anything whose
name contains ``index``, and counts up anything named after ``batch``. A field is therefore registered here, and
the tests batch each one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch_geometric.data import Batch, Data

from mlcluster.errors import DataError

SCHEMA = 1
"""Number of the meaning of these fields; raise it whenever `convert` gives different numbers for the same cluster."""


@dataclass(frozen=True, kw_only=True)
class GraphKey:
    """One registered field.

    Parameters
    ----------
    kind
        What the rows count: atoms, edges, or the one row per graph.
    shape
        Sizes after the counted dimension; -1 for one set by the data (the number of channels).
    dtype
        Type it is stored in; floating fields follow the model's type at run time.
    unit
        Unit, or what the number counts.
    meaning
        One line for the reader.
    increments
        True if the values are atom numbers, which batching has to shift.
    label
        True for what `convert` does not make and the cache does not keep: what a graph is trained on, descriptors
        of a calculation, and what only `mlcluster.data.graph_dataset` adds under the names that PyTorch Geometric uses.
    """

    kind: Literal["node", "edge", "graph"]
    shape: tuple[int, ...]
    dtype: torch.dtype
    unit: str
    meaning: str
    increments: bool = False
    label: bool = False


KEYS: dict[str, GraphKey] = {
    "atomic_numbers": GraphKey(kind="node", shape=(), dtype=torch.int64, unit="Z", meaning="element of each atom"),
    "positions": GraphKey(
        kind="node", shape=(3,), dtype=torch.float32, unit="angstrom", meaning="Cartesian coordinates"
    ),
    "edge_index": GraphKey(
        kind="edge",
        shape=(2,),
        dtype=torch.int64,
        unit="atom",
        meaning="row 0 sends, row 1 receives; sorted by receiver, then sender; symmetric; stored (2, E)",
        increments=True,
    ),
    "edge_vector": GraphKey(
        kind="edge", shape=(3,), dtype=torch.float32, unit="angstrom", meaning="position of sender minus receiver"
    ),
    "edge_distance": GraphKey(
        kind="edge", shape=(), dtype=torch.float32, unit="angstrom", meaning="length of edge_vector"
    ),
    "charge": GraphKey(kind="graph", shape=(), dtype=torch.float32, unit="e", meaning="total charge, 0 where unknown"),
    "charge_known": GraphKey(kind="graph", shape=(), dtype=torch.bool, unit="flag", meaning="charge is stated"),
    "multiplicity": GraphKey(
        kind="graph", shape=(), dtype=torch.float32, unit="2S + 1", meaning="multiplicity, 0 where unknown"
    ),
    "multiplicity_known": GraphKey(
        kind="graph", shape=(), dtype=torch.bool, unit="flag", meaning="multiplicity is stated"
    ),
    "valence_electrons": GraphKey(
        kind="graph", shape=(), dtype=torch.float32, unit="electrons", meaning="superatom electrons, 0 where unknown"
    ),
    "valence_electrons_known": GraphKey(
        kind="graph", shape=(), dtype=torch.bool, unit="flag", meaning="superatom electrons could be counted"
    ),
    "label": GraphKey(
        kind="graph",
        shape=(-1,),
        dtype=torch.float32,
        unit="model space",
        meaning="one column per channel, 0 where missing",
        label=True,
    ),
    "label_mask": GraphKey(
        kind="graph", shape=(-1,), dtype=torch.bool, unit="flag", meaning="the label is there", label=True
    ),
    "label_bound": GraphKey(
        kind="graph",
        shape=(-1,),
        dtype=torch.int8,
        unit="sign",
        meaning="1 if the truth is at least the label, -1 if at most, 0 if it is the label",
        label=True,
    ),
    "atom_charge": GraphKey(
        kind="node", shape=(), dtype=torch.float32, unit="e", meaning="calculated charge, 0 where missing", label=True
    ),
    "atom_charge_mask": GraphKey(
        kind="node", shape=(), dtype=torch.bool, unit="flag", meaning="the calculated charge is there", label=True
    ),
    "calculated": GraphKey(
        kind="graph",
        shape=(-1,),
        dtype=torch.float32,
        unit="eV, e or a number",
        meaning="descriptors of a GFN1-xTB calculation of the capped cluster, for networks that correct it",
        label=True,
    ),
    "frontier_levels": GraphKey(
        kind="graph",
        shape=(2,),
        dtype=torch.float32,
        unit="eV",
        meaning="HOMO and LUMO for known charges, where training reads levels out to first order",
        label=True,
    ),
    "by_charge": GraphKey(
        kind="node",
        shape=(2,),
        dtype=torch.float32,
        unit="eV/e",
        meaning="change of these levels with the charge of the atom",
        label=True,
    ),
    "by_potential": GraphKey(
        kind="node",
        shape=(2,),
        dtype=torch.float32,
        unit="e",
        meaning="change of these levels with a potential on the atom",
        label=True,
    ),
    "known_charge": GraphKey(
        kind="node", shape=(), dtype=torch.float32, unit="e", meaning="charge that the levels are for", label=True
    ),
    "family": GraphKey(
        kind="graph", shape=(), dtype=torch.int64, unit="number", meaning="family of the entry", label=True
    ),
    "z": GraphKey(kind="node", shape=(), dtype=torch.int64, unit="Z", meaning="atomic_numbers again", label=True),
    "pos": GraphKey(
        kind="node", shape=(3,), dtype=torch.float32, unit="angstrom", meaning="positions again", label=True
    ),
    "y": GraphKey(
        kind="graph",
        shape=(-1,),
        dtype=torch.float32,
        unit="that of each channel",
        meaning="one column per channel, NaN where there is no value",
        label=True,
    ),
}
"""The registry: a field that is not here is refused."""

_SIZES = ("num_nodes", "batch", "ptr")
_Graph = TypeVar("_Graph", bound=Data)


def batched(graphs: Sequence[Data]) -> Batch:
    """One batch of graphs, its fields checked."""
    return check_fields(Batch.from_data_list(list(graphs)))


def check_fields(data: _Graph) -> _Graph:
    """Return the graph unchanged if every field fits the registry.

    Parameters
    ----------
    data
        One graph or a batch of graphs, labels optional.

    Raises
    ------
    DataError
        Naming the field that is unknown or missing, or whose shape or type is not the registered one.
    """
    present = set(data.keys())
    unknown = sorted(present - KEYS.keys() - set(_SIZES))
    missing = sorted(name for name, key in KEYS.items() if not key.label and name not in present)
    if unknown or missing:
        raise DataError("graph fields do not fit the registry.", found=f"unknown {unknown}, missing {missing}")
    rows = {"node": data.num_nodes, "edge": data.edge_index.shape[-1], "graph": getattr(data, "num_graphs", 1)}
    for name in sorted(present & KEYS.keys()):
        key, value = KEYS[name], data[name]
        shape = (2, rows["edge"]) if name == "edge_index" else (rows[key.kind], *key.shape)
        fits = value.dim() == len(shape) and all(
            want in (-1, have) for want, have in zip(shape, value.shape, strict=True)
        )
        floating = key.dtype.is_floating_point and value.dtype == torch.float64
        if not fits or not (value.dtype == key.dtype or floating):
            raise DataError(
                "graph field has the wrong shape or type.",
                site=name,
                found=f"{tuple(value.shape)} {value.dtype}",
                expected=f"{shape} {key.dtype}",
            )
    return data
