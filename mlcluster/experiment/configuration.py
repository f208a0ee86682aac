"""Configurations as documents: JSON Schema for editors, and a file with every default written out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from mlcluster.experiment.question import Question
from mlcluster.levels import LEVELS
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.nn.trunks import TRUNKS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: Literal["run", "experiment"] = "run") -> dict[str, Any]:
    """JSON Schema of a configuration, for editors that complete and check YAML.

    Parameters
    ----------
    kind
        ``"run"``: what `train` and `evaluate` take; ``"experiment"``: an ``experiment.yaml``.

    Returns
    -------
    dict
        A document in the dialect of draft 2020-12. The sections of all trunks that are known here are in it.
    """
    if kind == "experiment":
        return {"$schema": DIALECT} | Question.model_json_schema()
    document = TrainConfig.model_json_schema()
    document["properties"]["level"]["enum"] = list(LEVELS)
    document["$defs"]["ModelConfig"] = _model_section(document["$defs"].pop("ModelConfig"))
    document["$defs"].pop("BaseModel", None)
    return {"$schema": DIALECT} | document


def _model_section(section: dict[str, Any]) -> dict[str, Any]:
    """Section ``model``: a trunk may be a name or a section, and its keys may stand beside those of the model."""
    trunks = {name: trunk.config_type.model_json_schema() for name, trunk in TRUNKS.items()}
    named = {"enum": list(trunks), "description": section["properties"]["trunk"].get("description", "")}
    section["properties"]["trunk"] = {"anyOf": [named, *trunks.values()]}
    for trunk in trunks.values():
        for key, described in trunk["properties"].items():
            # A key that several trunks have may differ in its bounds: each says its own within `trunk`.
            if key != "name":
                section["properties"].setdefault(key, {"description": described.get("description", key)})
    section["required"] = [key for key in section.get("required", ()) if key != "trunk"]
    return section


def show(config: str | Path | TrainConfig, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Configuration of a run with every default written out, as `train` would take it.

    Parameters
    ----------
    config
        YAML file, or a config made before.
    settings
        ``key=value`` changes of single values.

    Raises
    ------
    ConfigError
        For an unreadable file, an unknown key or an impossible value.
    """
    return load_config(config, settings).model_dump(mode="json")
