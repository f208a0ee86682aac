"""Which items one of several independent tasks does, such as those of a job array."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from mlcluster.errors import ConfigError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Share:
    """What one of several tasks does: the items whose number leaves the remainder `number` when divided by `of`.

    Parameters
    ----------
    number, of
        Task `number` of so many, counted from 0.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """A share as ``"3/40"``; 0 and 40 of 40 are the same, so that tasks may be counted from 0 or from 1.

        Raises
        ------
        ConfigError
            If it is none.

        Examples
        --------
        >>> Share.parse("40/40") == Share.parse("0/40")
        True
        """
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
        if found is None or not 0 <= int(found[1]) <= int(found[2]) or int(found[2]) == 0:
            raise ConfigError("this is no part of anything.", found=text, expected="1/40 to 40/40, for instance")
        return cls(int(found[1]) % int(found[2]), int(found[2]))

    def __str__(self) -> str:
        """As job arrays count, from 1: the one that `parse` takes as 0 of 40 as well is 40/40."""
        return f"{self.number or self.of}/{self.of}"

    @property
    def name(self) -> str:
        """The same for file names."""
        return f"{self.number:04d}-of-{self.of:04d}"

    def has(self, number: int) -> bool:
        """Whether this share has the item of that number."""
        return number % self.of == self.number

    def taken(self, items: Sequence[_T]) -> list[_T]:
        """The items of this share, in their order."""
        return list(items[self.number :: self.of])
