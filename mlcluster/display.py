"""What a notebook shows of a result: early rooms say that there is something to show, `mlcluster.report` says how."""

from __future__ import annotations

from importlib import import_module

VIEWS = "mlcluster.report.notebook"
"""Module with ``VIEWS``, the function that makes the markup of a class by the name of the class; it is imported when a
notebook first asks, so that nobody pays for it without one."""


class Shown:
    """Something that notebooks show as more than its ``repr``."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return import_module(VIEWS).VIEWS[type(self).__name__](self)
