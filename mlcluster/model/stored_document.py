"""The JSON document that a saved model of a level consists of: complete, of this schema, and unchanged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlcluster.errors import ModelError


def read_document(path: Path, level: str, *, keys: Sequence[str], schema_version: int) -> dict[str, Any]:
    """Read the document of a saved model.

    Parameters
    ----------
    path
        The file, in the directory of the model.
    level
        Level of prediction, for messages.
    keys
        What it has at least, ``schema_version`` among it.
    schema_version
        The one that is understood.

    Raises
    ------
    ModelError
        If it is missing, no JSON, incomplete, or of another schema version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        expected = f"a directory with {path.name}"
        raise ModelError(f"no {level} model there.", file=path.parent, expected=expected) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read the {level} model.", file=path, found=error, expected="JSON") from error
    missing = [key for key in keys if not isinstance(document, dict) or key not in document]
    if missing:
        raise ModelError(f"the {level} model lacks an entry.", file=path, found=f"no {missing[0]}", expected=keys)
    version = document["schema_version"]
    if version != schema_version:
        raise ModelError(
            f"the {level} model has another schema version.",
            file=path,
            found=version,
            expected=schema_version,
            hint="Update mlcluster." if isinstance(version, int) and version > schema_version else None,
        )
    return dict(document)


def check_unchanged(path: Path, level: str, *, found: str, stated: object) -> None:
    """Refuse a model whose content has another hash than its document states.

    Raises
    ------
    ModelError
        Naming the beginning of both.
    """
    if found != stated:
        raise ModelError(
            f"the {level} model is not the one that was saved.",
            file=path,
            found=f"sha256 {found[:12]}",
            expected=str(stated)[:12],
            hint="Copy the model again.",
        )
