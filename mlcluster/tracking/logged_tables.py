"""Tables and documents kept as files of a run, read where they lie."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from mlcluster.tracking.run_records import RunRecord
from mlcluster.tracking.store import RunStore

if TYPE_CHECKING:
    import pandas as pd

PREDICTIONS = "predictions"
"""Folder of a run for what it predicts of entries held out: Parquet tables of the columns `PREDICTION_COLUMNS`."""

PREDICTION_COLUMNS = (
    *("split", "arm", "channel", "entry", "family", "seed", "left_out"),
    *("label", "predicted", "lower", "upper", "members"),
)
"""Label, prediction and interval in the unit of the channel's target; the members of the network in model space."""


VALIDATION = "validation"
"""Split of the entries that members stopped on. They may choose between models, and are not held out of them."""


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows that have the same keys as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path, compression="zstd")


def read_predictions(store: RunStore, run: RunRecord, *, validation: bool = False) -> pd.DataFrame:
    """Read everything a run predicted of held-out entries; no row where it predicted nothing.

    Parameters
    ----------
    store, run
        The run.
    validation
        Whether to give what it predicted of the entries that members stopped on, as well.
    """
    table = _read_predictions(store, run)
    return table if validation else table[table["split"] != VALIDATION].reset_index(drop=True)


def _read_predictions(store: RunStore, run: RunRecord) -> pd.DataFrame:
    import pandas as pd

    local = local_directory(run.artifacts)
    if local is not None:
        return _joined(local / PREDICTIONS)
    opened = store.find(run.id)
    if PREDICTIONS not in opened.files():
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        return _joined(opened.download(PREDICTIONS, Path(folder)))


def read_document(store: RunStore, run: RunRecord, name: str) -> Any:
    """Content of a JSON file at the top of a run; None where it has none of that name."""
    local = local_directory(run.artifacts)
    if local is not None:
        file = local / name
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    opened = store.find(run.id)
    return opened.read_json(name) if name in opened.files() else None


def of_all_seeds(split: str, seeds: Iterable[object]) -> str:
    """Name of a split without the seed it ends with where a run divides the entries with several.

    >>> of_all_seeds("leave-one-family-out seed 3", [0, 3])
    'leave-one-family-out'
    """
    ends = (f" seed {seed}" for seed in seeds)
    return next((split.removesuffix(end) for end in ends if split.endswith(end)), split)


def _joined(folder: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(file) for file in sorted(folder.glob("*.parquet"))]
    if not any(len(table) for table in tables):
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    return pa.concat_tables([table for table in tables if len(table)], promote_options="default").to_pandas()


def local_directory(uri: str) -> Path | None:
    """Directory of artifacts on this machine; None where a server keeps them."""
    parts = urlparse(uri)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None
