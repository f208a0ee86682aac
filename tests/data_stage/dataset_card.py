"""What the card of a bundled data set has to say."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlcluster.errors import InputError

_PARAGRAPH = re.compile(
    r"\*\*(What|Files|Labels|Method|Licence|Citation)\.\*\*\s*(.*?)(?=\*\*[A-Z]\w+\.\*\*|\n## |\Z)", re.S
)
_TRAPS = re.compile(r"^## Known traps\n(.*?)(?=^## |\Z)", re.S | re.M)


class DatasetCard(BaseModel):
    """What the card of a data set has to say; nothing may be missing or empty.

    Each field but title and traps is a paragraph that begins with its name in bold, traps are a list under
    ``## Known traps``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, pattern=r"^\w+: ")
    what: str = Field(min_length=40)
    files: str = Field(min_length=1)
    labels: str = Field(min_length=1, description="channels with their units")
    method: str = Field(min_length=20)
    licence: str = Field(min_length=2)
    citation: str = Field(min_length=5)
    traps: tuple[str, ...] = Field(min_length=1)


def read_dataset_card(path: str | Path) -> DatasetCard:
    """Read and check a card.

    Raises
    ------
    InputError
        Naming what is missing or empty.
    """
    text = Path(path).read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    paragraphs = {name.lower(): " ".join(body.split()) for name, body in _PARAGRAPH.findall(text)}
    found = _TRAPS.search(text)
    traps = [" ".join(trap.split()) for trap in re.split(r"^- ", found.group(1), flags=re.M)[1:]] if found else []
    try:
        return DatasetCard.model_validate({"title": first.removeprefix("# "), **paragraphs, "traps": traps})
    except ValidationError as error:
        place = str(error.errors()[0]["loc"][0])
        raise InputError(
            "the card of this data set is not whole.",
            file=path,
            site=place,
            found=error.errors()[0]["msg"],
            expected=f"**{place.capitalize()}.** and a text" if place != "traps" else "a list under ## Known traps",
        ) from None
