"""What must hold of any file and any table: an answer that can be used, or one error that names the file."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np

import mlcluster
from mlcluster.cli.options import for_inputs
from mlcluster.comparison.pairs import compare_pairs
from mlcluster.data import load
from mlcluster.errors import MlclusterError
from mlcluster.prediction.screening.items import count_items, items_of
from mlcluster.structure.limits import MAX_CHARGE, MAX_MULTIPLICITY
from mlcluster.structure.manifest import read_manifest
from tests.fuzz.good_files import STRUCTURES

FAULT = re.compile(r"unexpected [A-Z]\w+: ")
"""An exception that no check foresaw, as a row tells it."""
LABELS = {"gap:optical": {"column": "gap", "unit": "eV"}, "lifetime:measured": {"column": "tau", "unit": "ns"}}


def check_file(path: Path, *, whole: bool = False) -> None:
    """Read a structure file; with `whole` it is described and handed to a screen as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            results = mlcluster.read(path)
        except MlclusterError as error:
            assert str(path) in str(error) and str(error).encode() and len(str(error)) < 5000
            results = []
        for result in results:
            cluster = result.cluster
            assert np.isfinite(cluster.positions).all() and result.copies >= 1
            assert cluster.charge is None or abs(cluster.charge) <= MAX_CHARGE
            assert cluster.multiplicity is None or 1 <= cluster.multiplicity <= MAX_MULTIPLICITY
            assert cluster.to_xyz().encode() and cluster.to_cif().encode()
            assert json.dumps([entry.to_dict() for entry in result.report.entries])
        if whole:
            said = [row["error"] for row in mlcluster.inspect(path) if "error" in row]
            assert not any(FAULT.search(text) for text in said), said
            items = list(items_of(str(path)))
            assert len(items) == count_items(str(path)) and all(item.content and item.file.encode() for item in items)


def check_table(path: Path) -> None:
    """Use a table as the verbs do; `STRUCTURES` lie beside it."""
    for name, text in STRUCTURES.items():
        (path.parent / name).write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for use in (_manifest, _pairs, _labels):
            try:
                use(path)
            except MlclusterError as error:
                assert str(error).encode() and len(str(error)) < 5000


def _manifest(path: Path) -> None:
    def inspect(files: list[str], **stated: int | None) -> list[dict]:
        return [row for file in files for row in _row(file, **stated)]

    items = read_manifest(path)
    rows = for_inputs(inspect, items)
    assert len(rows) >= len({item.file for item in items}) and json.dumps(rows)
    assert not any(FAULT.search(row.get("error", "")) for row in rows)
    assert all(item.content for item in items_of(str(path)))


def _row(file: str, **stated: int | None) -> list[dict]:
    try:
        return [{"file": file, "clusters": [result.cluster.formula for result in mlcluster.read(file, **stated)]}]  # type: ignore[arg-type]
    except MlclusterError as error:
        return [{"file": file, "error": str(error)}]


def _pairs(path: Path) -> None:
    def compare(a: str, b: str, **settings: object) -> dict[str, object]:
        cluster = settings.get("cluster")
        both = cluster if isinstance(cluster, tuple) else (cluster, cluster)
        found = [mlcluster.read(file, cluster=k) for file, k in zip((a, b), both, strict=True)]
        return {"a": a, "b": b, "n": sum(map(len, found))}

    rows = list(compare_pairs(path, compare, {}))
    assert json.dumps(rows) and not any(FAULT.search(str(row.get("error", ""))) for row in rows)


def _labels(path: Path) -> None:
    for item in load("csv+dir", path=path, labels=LABELS):
        assert all(np.isfinite(record.value) for record in item.labels)
