"""Disjoint sets of names, joined step by step."""

from __future__ import annotations


class DisjointSets:
    """Names in sets that can be joined; a name not met before is a set of its own.

    >>> sets = DisjointSets()
    >>> sets.join("a", "b"); sets.join("b", "c")
    >>> sets.root("a") == sets.root("c"), sets.root("a") == sets.root("d")
    (True, False)
    """

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, name: str) -> str:
        """Name that stands for the set of `name`."""
        above = self._above.setdefault(name, name)
        while above != name:
            self._above[name] = self._above[above]
            name, above = above, self._above[above]
        return name

    def __len__(self) -> int:
        return len({self.root(name) for name in list(self._above)})

    def join(self, a: str, b: str) -> None:
        """Make one set of the sets of two names."""
        self._above[self.root(a)] = self.root(b)
