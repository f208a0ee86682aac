"""A channel is one target by one method, written ``gap:gfn1-xtb``: one output column of a model."""

from __future__ import annotations

from dataclasses import dataclass

from mlcluster.errors import DataError
from mlcluster.labels.methods import check_method
from mlcluster.labels.targets import Target, get_target


@dataclass(frozen=True, order=True)
class Channel:
    """Target and method of one model output.

    Raises
    ------
    DataError
        If the target is unknown or does not have the method.

    >>> Channel.parse("gap:gfn1-xtb").key
    'gap:gfn1-xtb'
    """

    target: str
    method: str

    def __post_init__(self) -> None:
        get_target(self.target)
        check_method(self.target, self.method)

    @property
    def key(self) -> str:
        """``target:method``."""
        return f"{self.target}:{self.method}"

    @property
    def definition(self) -> Target:
        """Unit, bounds and transform of the target."""
        return get_target(self.target)

    @classmethod
    def parse(cls, text: str) -> Channel:
        """Channel written as ``target:method``."""
        target, separator, method = text.partition(":")
        if not separator:
            raise DataError(
                "a channel names target and method.", found=text, expected="target:method, e.g. gap:optical"
            )
        return cls(target.strip(), method.strip())
