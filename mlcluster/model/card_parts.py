"""What the cards of models have in common: complete or refused, and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mlcluster.errors import ModelError

FILE = "MODEL_CARD.md"


class Card(Protocol):
    """A card of any model."""

    def text(self) -> str:
        """Markdown for people; the same card gives the same text."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Plain values of its fields."""


class Part(BaseModel):
    """A part of a card: a field that is missing or empty is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Whole = TypeVar("Whole", bound=Part)


def filled(kind: type[Whole], values: Mapping[str, Any]) -> Whole:
    """Card of these values.

    Raises
    ------
    ModelError
        Naming the first field that the record of the model does not fill.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        site = ".".join(str(part) for part in first["loc"]) or None
        raise ModelError("the record of this model does not fill its card.", site=site, found=first["msg"]) from None


def write_card(card: Callable[[], Card], directory: Path, title: str) -> Path:
    """Write the card of a model into its directory.

    A model whose record does not fill a card, as one that was never judged on rows held out, gets a file that says so.
    """
    path = directory / FILE
    try:
        text = card().text()
    except ModelError as error:
        text = f"# {title}\n\nThis model has no card: {error}\n"
    path.write_text(text, encoding="utf-8")
    return path


def listed(lines: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)
