"""One hash for content of any kind, so that equal content has one name everywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def content_hash(*parts: Any) -> str:
    """SHA-256 in hexadecimal digits over all parts in their order.

    Parameters
    ----------
    *parts
        Text and bytes enter as they are, arrays by their memory in C order (convert to a fixed type such as ``"<f8"``
        first), a `Path` by the content of its file, an iterator by its items, everything else as JSON with sorted keys.
        Nothing is put between parts.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    digest = hashlib.sha256()
    for data in _bytes(parts):
        digest.update(data)
    return digest.hexdigest()


def _bytes(parts: Iterable[Any]) -> Iterable[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        elif isinstance(part, str):
            yield part.encode()
        elif isinstance(part, Path):
            yield part.read_bytes()
        elif hasattr(part, "tobytes"):
            yield part.tobytes()
        elif hasattr(part, "__next__"):
            yield from _bytes(part)
        else:
            yield json.dumps(part, sort_keys=True).encode()
