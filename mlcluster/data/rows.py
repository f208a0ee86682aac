"""One entry as a row of a Parquet shard, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.labels import LabelRecord, trainable
from mlcluster.structure.cluster import Cluster, Source

_GRID = 1000.0  # stored units an angstrom, and an elementary charge


def schema() -> Any:
    """Columns of a shard."""
    import pyarrow as pa

    text, integers = pa.string(), pa.list_(pa.int32())
    names = ("target", "method", "unit", "bound", "medium", "source")
    label = pa.struct(
        [(key, text) for key in names]
        + [("value", pa.float64()), ("temperature_k", pa.float64()), ("flags", pa.list_(text))]
    )
    return pa.schema(
        [(key, text) for key in ("entry", "family", "parent", "edits", "key", "split", "name", "path", "block")]
        + [(key, pa.int32()) for key in ("charge", "multiplicity", "n_atoms")]
        + [("declared_ligands", pa.list_(text)), ("channels", pa.list_(text)), ("numbers", pa.list_(pa.uint8()))]
        + [(axis, integers) for axis in "xyz"]
        + [("charge_millie", integers)]
        + [("labels", pa.list_(label))]
    )


def row_of(item: LabelledCluster) -> dict[str, Any]:
    """Values of the columns, lengths in 0.001 angstrom, charges in 0.001 e; channels only of what may be learned."""
    cluster = item.cluster
    x, y, z = np.rint(cluster.positions.T * _GRID).astype(np.int32)
    keys = ("target", "method", "unit", "bound", "medium", "source", "value", "temperature_k")
    return {
        "entry": item.entry,
        "family": item.family,
        "parent": item.parent,
        "edits": item.edits,
        "key": item.key,
        "split": item.split,
        "name": cluster.name,
        "path": cluster.source.path,
        "block": cluster.source.block,
        "charge": cluster.charge,
        "multiplicity": cluster.multiplicity,
        "n_atoms": len(cluster),
        "declared_ligands": list(cluster.declared_ligands),
        "channels": sorted({record.channel.key for record in trainable(item.labels)}),
        "numbers": cluster.numbers.astype(np.uint8),
        "x": x,
        "y": y,
        "z": z,
        "charge_millie": None if item.atom_charges is None else np.rint(item.atom_charges * _GRID).astype(np.int32),
        "labels": [{key: getattr(r, key) for key in keys} | {"flags": sorted(r.flags)} for r in item.labels],
    }


def entry_of(row: dict[str, Any], source: str) -> LabelledCluster:
    """Entry of a row that `row_of` made, under the name of its source."""
    cluster = Cluster(
        numbers=np.array(row["numbers"], dtype=np.int64),
        positions=np.array([row["x"], row["y"], row["z"]], dtype=np.float64).T / _GRID,
        charge=row["charge"],
        multiplicity=row["multiplicity"],
        name=row["name"],
        source=Source(path=row["path"], block=row["block"]),
        declared_ligands=tuple(row["declared_ligands"]),
    )
    labels = tuple(
        LabelRecord(entry=row["entry"], family=row["family"], **(label | {"flags": frozenset(label["flags"])}))
        for label in row["labels"]
    )
    fixed = {key: row[key] for key in ("entry", "family", "parent", "edits", "key", "split")}
    charges = row.get("charge_millie")  # absent from what earlier versions wrote
    atom_charges = None if charges is None else np.array(charges, dtype=np.float64) / _GRID
    return LabelledCluster(cluster=cluster, labels=labels, source=source, atom_charges=atom_charges, **fixed)
