"""How a result is shown in a notebook, and a path in a command.

Early rooms say that there is something to show, `mlcluster.report` says how.
"""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path

VIEWS = "mlcluster.report.notebook"
"""Module with ``VIEWS``, the function that makes the markup of a class by the name of the class; it is imported when a
notebook first asks, so that nobody pays for it without one."""


class Shown:
    """Something that notebooks show as more than its ``repr``."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return import_module(VIEWS).VIEWS[type(self).__name__](self)


def shell_word(path: str | Path) -> str:
    """Path as one word of a shell command, whatever signs it holds; one that begins with a dash is no option.

    >>> shell_word("a b.cif"), shell_word("-c.cif")
    ("'a b.cif'", './-c.cif')
    """
    word = str(path)
    return shlex.quote(f"./{word}" if word.startswith("-") else word)
