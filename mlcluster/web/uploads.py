"""What a request carries: texts and files as bytes, each under a name that is no path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from urllib.parse import parse_qsl

from mlcluster.errors import InputError

_LONGEST_NAME = 120
_PARAMETER = re.compile(r'\b(name|filename)="((?:[^"\\]|\\.)*)"')
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029/\\]")


@dataclass
class Body:
    """Texts by name, and files with the names their owner gave them."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Further texts."""
        for name, text in pairs:
            self.texts.setdefault(name, []).append(text)


def body_of(content_type: str, data: bytes) -> Body:
    """What stands in a body of the kinds ``multipart/form-data``, ``application/json`` and of a plain form.

    JSON is one object: texts, numbers or lists of them by name, and ``files``: ``[{"name", "text"}, ...]``.

    Raises
    ------
    InputError
        If it is none of these, or broken.
    """
    head = Message()
    head["content-type"] = content_type or "text/plain"
    match head.get_content_type():
        case "multipart/form-data":
            return _of_parts(head.get_boundary() or "", data)
        case "application/json":
            return _of_json(data)
        case "application/x-www-form-urlencoded":
            body = Body()
            body.add(parse_qsl(data.decode("utf-8", "replace"), max_num_fields=200))
            return body
    if not data:
        return Body()
    raise InputError(
        "this kind of body is not read.",
        found=content_type[:60],
        expected="multipart/form-data, as of curl -F file=@crystal.cif, or application/json",
    )


def _of_parts(boundary: str, data: bytes) -> Body:
    pieces = (b"\r\n" + data).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if not boundary or len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise InputError("the body is broken or cut off.", expected="multipart/form-data up to its last boundary")
    body = Body()
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        told = {key: _quoted(text) for key, text in _PARAMETER.findall(head.decode("utf-8", "replace"))}
        file = told.get("filename")
        if file is None:
            body.add([(told.get("name", ""), content.decode("utf-8", "replace"))])
        elif file or content:
            body.files.append((file, content))
    return body


def _quoted(text: str) -> str:
    """A name as its owner wrote it: browsers write quotes with a percent sign, curl behind a backslash."""
    for written, meant in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"), ('\\"', '"'), ("\\\\", "\\")):
        text = text.replace(written, meant)
    return text


def _of_json(data: bytes) -> Body:
    try:
        told = json.loads(data)
        if not isinstance(told, dict):
            raise InputError("the body is no JSON object.", found=type(told).__name__)
        body = Body(files=[(str(one["name"]), str(one["text"]).encode()) for one in told.pop("files", [])])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise InputError("the body cannot be read as JSON.", found=str(error)[:80]) from None
    for name, value in told.items():
        values = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(one, str | int | float) for one in values):
            raise InputError("neither a text nor a number.", site=str(name)[:40], found=type(value).__name__)
        body.add((str(name), str(one).lower() if isinstance(one, bool) else str(one)) for one in values)
    return body


def safe_names(names: Sequence[str]) -> list[str]:
    """Names for files in one folder, as near to those given as a name can be: no folders, none twice.

    >>> safe_names(["../a.cif", "b/a.cif", "a.cif", "a.cif", "", "<b>.cif"])
    ['a.cif', 'b_a.cif', 'a (2).cif', 'a (3).cif', 'file', '<b>.cif']
    """
    found: list[str] = []
    for given in names:
        plain = _UNFIT.sub("_", given.strip()).lstrip("._-").strip()
        stem, dot, suffix = plain.partition(".")
        room = _LONGEST_NAME - len(suffix.encode()) - 8
        stem = stem.encode()[: max(room, 1)].decode("utf-8", "ignore") or "file"
        ending = (dot + suffix).encode()[: _LONGEST_NAME - 8].decode("utf-8", "ignore")
        name, number = stem + ending, 1
        while name in found:
            number += 1
            name = f"{stem} ({number}){ending}"
        found.append(name)
    return found


def store(files: Sequence[tuple[str, bytes]], folder: Path) -> list[str]:
    """Write files into a folder and give their names there."""
    names = safe_names([name for name, _ in files])
    for name, (_, content) in zip(names, files, strict=True):
        (folder / name).write_bytes(content)
    return names
