"""Graphs kept on disk by content, many to a file, shared by any number of processes.

A shard is one safetensors file: the fields of its graphs joined end to end, and a JSON table of contents in
the header. A writer puts its own new shard beside the others with an atomic rename and never touches a file
of another writer, so no lock is needed; two writers of the same graph store it twice, which harms nothing.
Every entry carries a checksum: what is torn, stale or not as written is built again.
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch_geometric.data import Data

from mlcluster.errors import InputError
from mlcluster.graph import keys
from mlcluster.graph.convert import CUTOFF, convert
from mlcluster.graph.reading import code_digest
from mlcluster.runs import content_hash, replaced
from mlcluster.structure.cluster import Cluster

SHARD_GRAPHS = 512
"""Most graphs in one shard: bounds what a writer holds in memory and loses when it is killed."""

_STORED = {name: key for name, key in keys.KEYS.items() if not key.label}


def content_key(cluster: Cluster, cutoff: float) -> str:
    """Hash of all that decides the graph: atoms, charge, multiplicity, ligands declared, cutoff, schema and code."""
    facts = (keys.SCHEMA, code_digest(), float(cutoff), cluster.charge, cluster.multiplicity, cluster.declared_ligands)
    return content_hash(repr((*facts, len(cluster))), cluster.numbers.astype("<i8"), cluster.positions.astype("<f8"))


class GraphCache:
    """Graphs by content in a directory.

    Parameters
    ----------
    directory
        Where the shards lie; made when missing.

    Raises
    ------
    InputError
        If the directory cannot be made.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("cannot make the graph cache.", file=directory, found=error) from error
        self.built = 0
        """Graphs this object had to build because they were not in the cache."""
        self._place: dict[str, tuple[Path, list[int]]] = {}
        self._open: dict[Path, safe_open | None] = {}

    def convert(self, clusters: Sequence[Cluster], cutoff: float = CUTOFF) -> list[Data]:
        """Graphs of the clusters in their order, from the cache where it has them; new ones are stored.

        Parameters
        ----------
        clusters
            Any number of clusters.
        cutoff
            As in `mlcluster.graph.convert`.
        """
        self._find_shards()
        graphs: list[Data] = []
        fresh: dict[str, Data] = {}
        for cluster in clusters:
            key = content_key(cluster, cutoff)
            graph = fresh.get(key) or self._load(key)
            if graph is None:
                graph = fresh[key] = convert(cluster, cutoff)
                self.built += 1
            graphs.append(graph)
            if len(fresh) == SHARD_GRAPHS:
                self._write(fresh)
                fresh = {}
        if fresh:
            self._write(fresh)
        return graphs

    def __getstate__(self) -> dict[str, Any]:
        """State for another process, which opens the shards anew."""
        return self.__dict__ | {"_place": {}, "_open": {}}

    def _find_shards(self) -> None:
        for path in sorted(self.directory.glob("*.safetensors")):
            if path in self._open:
                continue
            self._open[path] = None
            try:
                shard = safe_open(path, framework="pt")
                header = shard.metadata() or {}
                entries = json.loads(header["entries"]) if header.get("schema") == str(keys.SCHEMA) else {}
            except (OSError, SafetensorError, ValueError, KeyError):
                continue  # Torn or foreign: its graphs count as absent and are built again.
            self._open[path] = shard
            self._place.update({key: (path, place) for key, place in entries.items()})

    def _load(self, key: str) -> Data | None:
        path, place = self._place.get(key, (None, []))
        shard = None if path is None else self._open[path]
        if shard is None:
            return None
        row, atom, n_atoms, edge, n_edges, checksum = place
        span = {"node": (atom, n_atoms), "edge": (edge, n_edges), "graph": (row, 1)}
        fields = {}
        for name, kind in _STORED.items():
            start, length = span[kind.kind]
            fields[name] = shard.get_slice(name)[start : start + length]
        if _checksum(fields) != checksum:
            return None
        # Edges lie as (E, 2) 32-bit integers on disk: half the size, and one slice per graph.
        fields["edge_index"] = fields["edge_index"].t().to(torch.int64).contiguous()
        return keys.check_fields(Data(num_nodes=n_atoms, **fields))

    def _write(self, graphs: dict[str, Data]) -> None:
        stored: dict[str, list[torch.Tensor]] = {name: [] for name in _STORED}
        entries, atom, edge = {}, 0, 0
        for row, (key, graph) in enumerate(graphs.items()):
            fields = {name: graph[name] for name in _STORED}
            fields["edge_index"] = fields["edge_index"].t().to(torch.int32).contiguous()
            for name, value in fields.items():
                stored[name].append(value)
            n_atoms, n_edges = len(fields["atomic_numbers"]), len(fields["edge_index"])
            entries[key] = [row, atom, n_atoms, edge, n_edges, _checksum(fields)]
            atom, edge = atom + n_atoms, edge + n_edges
        header = {"schema": str(keys.SCHEMA), "entries": json.dumps(entries)}
        with replaced(self.directory / f"{uuid.uuid4().hex}.safetensors", durable=False) as unfinished:
            save_file({name: torch.cat(values) for name, values in stored.items()}, unfinished, metadata=header)


def _checksum(fields: dict[str, torch.Tensor]) -> int:
    value = 0
    for name in _STORED:
        value = zlib.crc32(fields[name].contiguous().numpy().tobytes(), value)
    return value
