"""What a client may state beside its files: names, kinds and ranges, read from text and written into the API's page."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mlcluster.errors import InputError

_LONGEST = 2000
_RUN = re.compile(r"[0-9a-f]{4,32}")
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


@dataclass(frozen=True)
class Field:
    """One thing that may be stated.

    Parameters
    ----------
    name, what
        Its name, and what it means.
    kind
        What its text is read as; ``span`` is ``LOW:HIGH``, ``pairs`` is ``S:thiolate``,
        ``run`` the hexadecimal id of a run, and nothing that could be a path.
    choices
        The only texts there are.
    low, high
        Least and largest number.
    many
        Whether it may be stated several times, which gives a list.
    """

    name: str
    what: str
    kind: Literal["text", "whole", "number", "flag", "span", "pairs", "run"] = "text"
    choices: Sequence[str] = ()
    low: float = -math.inf
    high: float = math.inf
    many: bool = False

    def read(self, texts: Sequence[str]) -> Any:
        """Value of what was stated.

        Raises
        ------
        InputError
            If it cannot be that.
        """
        if self.kind == "pairs":
            return dict(text.partition(":")[::2] for text in texts)
        if self.many:
            return [self._one(text) for text in texts]
        if len(texts) > 1:
            raise InputError("stated more than once.", site=self.name, found=", ".join(texts)[:80])
        return self._one(texts[0])

    def _one(self, text: str) -> Any:
        if len(text) > _LONGEST:
            raise InputError("this is too long.", site=self.name, expected=f"at most {_LONGEST} characters")
        if self.choices and text not in self.choices:
            raise InputError("no such choice.", site=self.name, found=text[:40], expected=", ".join(self.choices))
        match self.kind:
            case "flag":
                if text.lower() not in _YES + _NO:
                    raise InputError("neither true nor false.", site=self.name, found=text[:40])
                return text.lower() in _YES
            case "span":
                low, _, high = text.partition(":")
                return self._number(low), self._number(high)
            case "whole" | "number":
                return self._number(text)
            case "run" if not _RUN.fullmatch(text):
                raise InputError("no id of a run.", site=self.name, found=text[:40], expected="hexadecimal digits")
            case _:
                return text

    def _number(self, text: str) -> float | int:
        try:
            value = int(text) if self.kind == "whole" else float(text)
        except ValueError:
            expected = "a whole number" if self.kind == "whole" else "a number"
            raise InputError("not a number.", site=self.name, found=text[:40], expected=expected) from None
        if not (math.isfinite(value) and self.low <= value <= self.high):
            expected = f"{self.low:g} to {self.high:g}"
            raise InputError("the number is out of range.", site=self.name, found=text[:40], expected=expected)
        return value

    def schema(self) -> dict[str, Any]:
        """As OpenAPI describes it."""
        kinds = {"whole": "integer", "number": "number", "flag": "boolean"}
        one: dict[str, Any] = {"type": kinds.get(self.kind, "string")}
        if self.choices:
            one["enum"] = list(self.choices)
        if math.isfinite(self.low):
            one["minimum"] = self.low
        if math.isfinite(self.high):
            one["maximum"] = self.high
        return {"description": self.what} | ({"type": "array", "items": one} if self.many else one)


def read_fields(fields: Sequence[Field], given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Values of what was stated; what was left blank is as if it had not been stated.

    Raises
    ------
    InputError
        If something has no such name, or no such value.
    """
    known = {field.name: field for field in fields}
    found = {}
    for name, texts in given.items():
        if name not in known:
            raise InputError(
                "nothing of this name can be stated.", found=name[:40], expected=", ".join(known) or "none"
            )
        stated = [text.strip() for text in texts if text.strip()]
        if stated:
            found[name] = known[name].read(stated)
    return found
