"""One hash for what the formula level learned from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from mlcluster.training.formula.rows import Rows


def rows_hash(channels: Iterable[Rows]) -> str:
    """SHA-256 (hex) of entries, families, descriptors and labels of all channels, in the order given."""
    digest = hashlib.sha256()
    for rows in channels:
        head = [rows.channel, rows.entries, rows.families, rows.methods, rows.bound]
        digest.update(json.dumps([*head, rows.label.tolist(), rows.described.tolist()]).encode())
    return digest.hexdigest()
