"""What a client stated, as the functions of the verbs take it, within what the server allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlcluster.web.errand import Errand

READING = ("charge", "multiplicity", "cluster", "disorder", "hydrogens", "strict", "block", "declare")
"""Options of `mlcluster.read` that a client may state."""
_OF_EACH = ("charge", "multiplicity", "cluster", "block")
"""Those that may be another for the second of two files."""


def reading(errand: Errand) -> dict[str, Any]:
    """Options for reading the files of an errand."""
    told = {key: errand.options[key] for key in READING if errand.options.get(key) is not None}
    return told | {"max_bytes": errand.file_bytes}


def level(errand: Errand) -> dict[str, Any]:
    """Which level shall answer, and how long a calculation may take: no longer than the server allows."""
    asked = errand.options.get("max_seconds")
    return {
        "level": errand.options.get("level"),
        "max_seconds": errand.max_seconds if asked is None else min(asked, errand.max_seconds),
    }


def comparing(errand: Errand) -> dict[str, Any]:
    """Options of a comparison; what is said of ``b`` alone is another for the second file."""
    told = reading(errand)
    for key in _OF_EACH:
        if errand.options.get(f"{key}_b") is not None:
            told[key] = (told.get(key), errand.options[f"{key}_b"])
    return told | level(errand) | {"relation": errand.options.get("relation") or "auto"}
