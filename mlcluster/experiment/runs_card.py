"""The card of a model, whatever names it: a directory, a run or a registered model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlcluster.errors import InputError, ModelError
from mlcluster.levels import level_of
from mlcluster.runs import check_place
from mlcluster.tracking.registered_models import located


def show_card(
    name: str | Path,
    *,
    out: str | Path | None = None,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
) -> dict[str, Any]:
    """Card of a model from its own record.

    Parameters
    ----------
    name
        Directory of a model, ``runs:/RUN``, ``models:/NAME@ALIAS``, or the id of a training run or its beginning.
    out
        Also write the text here.
    project, tracking_uri
        As for `RunStore`.

    Returns
    -------
    dict[str, Any]
        ``{"model", "card", "text", "file"}``: directory, the card's fields, Markdown, and where that was written or
        None.

    Raises
    ------
    InputError
        If there is no such run or model, or no directory for `out`.
    ModelError
        If the model cannot be read, or its record does not fill a card.
    """
    path = None if out is None else Path(out)
    check_place(path)
    named = Path(name).is_dir() or str(name).startswith(("runs:/", "models:/"))
    if not named and len(Path(name).parts) > 1:
        raise InputError("no such model.", found=name, expected="a directory of a model, or the id of a run")
    directory = located(name if named else f"runs:/{name}", project, tracking_uri)
    level = level_of(directory)
    if level is None:
        raise ModelError("no model there.", file=directory, expected="the directory of a model")
    try:
        card = level.card(level.load(directory))
    except ModelError as error:
        raise error.placed(file=directory) from None
    text = card.text()
    if path is not None:
        path.write_text(text, encoding="utf-8")
    return {
        "model": str(directory),
        "card": card.model_dump(mode="json"),
        "text": text,
        "file": None if path is None else str(path),
    }
