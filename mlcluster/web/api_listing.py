"""The API on one page, made from its own OpenAPI description: nothing is loaded from elsewhere to show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlcluster.report.page import Table

_KIND = "multipart/form-data"


def listed_routes(description: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Method, path, sentence and table of what may be stated, of each route of an OpenAPI description."""
    for path, methods in description["paths"].items():
        for method, facts in methods.items():
            body = facts.get("requestBody", {}).get("content", {}).get(_KIND, {}).get("schema", {})
            stated = body.get("properties", {})
            lines = [(name, one.get("description", ""), _values(one)) for name, one in stated.items()]
            yield {
                "method": method.upper(),
                "path": path,
                "what": facts.get("description") or facts.get("summary", ""),
                "stated": Table(("name", "what", "values"), lines) if lines else None,
            }


def _values(schema: Mapping[str, Any]) -> str:
    """What a value may be.

    >>> _values({"type": "integer", "minimum": 1, "maximum": 9}), _values({"type": "string", "enum": ["a", "b"]})
    ('integer, 1 to 9', 'a, b')
    """
    if schema.get("type") == "array":
        return f"{_values(schema['items'])}; several"
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema.get("format") == "binary":
        return "a file"
    low, high = schema.get("minimum"), schema.get("maximum")
    ends = "" if low is None else f", from {low:g}" if high is None else f", {low:g} to {high:g}"
    return f"{schema.get('type', 'text')}{ends}"
