"""Result rows as a file: CSV, JSON or Parquet by the ending of its name."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.errors import InputError

_ENDINGS = (".csv", ".json", ".parquet")


def check_table_name(path: Path | None) -> None:
    """Refuse a name whose ending says no format, before any work is done.

    Raises
    ------
    InputError
        If the ending is not one of those known, or the directory is not there.
    """
    if path is None:
        return
    if path.suffix not in _ENDINGS:
        raise InputError(
            "cannot tell the format of a table from its name.", found=path.name, expected=" or ".join(_ENDINGS)
        )
    if not path.parent.is_dir():
        raise InputError("no such directory.", file=path.parent, hint="Make it first, or name another with --out.")


def comparison_rows(pairs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a pair and property; a pair that failed is a row with its error."""
    rows = []
    for pair in pairs:
        shared = {key: pair.get(key) for key in ("a", "b", "relation", "rmsd", "matched_atoms")}
        if "error" in pair:
            rows.append({"a": pair["a"], "b": pair["b"], "error": pair["error"]})
        for item in pair.get("properties", ()):
            values = {"value_a" if key == "a" else "value_b" if key == "b" else key: v for key, v in item.items()}
            rows.append({**shared, **values})
    return rows


def write_table(rows: Sequence[Mapping[str, Any]], path: Path | None) -> None:
    """Write rows to a file; columns are all keys in the order they are met, lists are joined by ``"; "``."""
    if path is None:
        return
    if path.suffix == ".json":
        path.write_text(json.dumps(list(rows), indent=2, default=str) + "\n", encoding="utf-8")
        return
    columns = list(dict.fromkeys(key for row in rows for key in row))
    flat = [{key: _cell(row.get(key)) for key in columns} for row in rows]
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(flat)
        return
    import pandas as pd

    pd.DataFrame(flat, columns=columns).to_parquet(path, index=False)


def _cell(value: Any) -> Any:
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
    # Half of a pair of UTF-16, as a file name may hold, is no text that can be written.
    return text.encode("utf-8", "backslashreplace").decode() if isinstance(text, str) else text
