"""The trunks by name: each turns first features per atom and the edges of a graph into last features per atom.

A trunk is a module ``Trunk(config, n_features, cutoff)`` whose ``forward(scalars, batch)`` maps (N, F) to (N, F). The
scalars it gives may not change under rotation, reflection or translation; `mlcluster.testing` checks that. It has a
config section (``config_type``, with a ``described(n_features)`` for cards) and says whom to cite (``citation``).
Embedding of elements and states, readout, prior and method scales are shared by all trunks. A new one is a file of its
own and a line in `TRUNKS`; one outside the package is an entry point of an installed package (`mlcluster.plugins`), or
calls `register_trunk` in a Python file that `PLUGINS` names.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel
from torch import nn

from mlcluster.errors import ConfigError
from mlcluster.nn.trunks.painn import PainnTrunk
from mlcluster.nn.trunks.schnet import SchnetTrunk
from mlcluster.plugins import installed

PLUGINS = "MLCLUSTER_PLUGINS"
"""Environment variable with Python files to run before a trunk is looked up, separated as in PATH. They run in every
process of a training; nothing that is read, a model or a configuration, can name one."""


class TrunkType(Protocol):
    """A trunk class, as it stands in `TRUNKS`."""

    @property
    def config_type(self) -> type[BaseModel]:
        """Its section of a config, with ``name`` and ``described(n_features)``."""

    @property
    def citation(self) -> str:
        """The work to cite for it."""

    def __call__(self, config: Any, n_features: int, cutoff: float) -> nn.Module:
        """Make the module."""
        ...


TRUNKS: dict[str, TrunkType] = {"painn": PainnTrunk, "schnet": SchnetTrunk}
"""Trunks by the name that stands in ``model.trunk``."""


def register_trunk(name: str, trunk: TrunkType) -> None:
    """Add a trunk under a new name.

    Raises
    ------
    ConfigError
        If the name is taken by another trunk.
    """
    if TRUNKS.setdefault(name, trunk) is not trunk:
        raise ConfigError("a trunk of that name is there already.", found=name, hint="Choose another name.")


def trunk_named(name: str) -> TrunkType:
    """Trunk of a name, those of plug-in files among them.

    Raises
    ------
    ConfigError
        If there is none, or a plug-in file cannot be read.
    """
    for file in filter(None, os.environ.get(PLUGINS, "").split(os.pathsep)):
        _run_plugin(Path(file).resolve())
    if name not in TRUNKS and (brought := installed("trunks", str(name))) is not None:
        if not all(hasattr(brought, needed) for needed in ("config_type", "citation", "__call__")):
            raise ConfigError("an installed package brings no trunk under that name.", site="trunk", found=name)
        register_trunk(name, cast(TrunkType, brought))
    if name not in TRUNKS:
        near = get_close_matches(str(name), TRUNKS, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else f"A trunk of your own stands in a file that {PLUGINS} names."
        raise ConfigError("no trunk of that name.", site="trunk", found=name, expected=", ".join(TRUNKS), hint=hint)
    return TRUNKS[name]


def trunk_section(given: object) -> dict[str, Any]:
    """Values of the section ``trunk``, which may be its name alone.

    Raises
    ------
    ConfigError
        If it is neither a name nor a section with one.
    """
    values = {"name": given} if isinstance(given, str) else given
    if isinstance(values, BaseModel):
        values = values.model_dump()
    if not isinstance(values, Mapping):
        raise ConfigError("a trunk is a name or a section.", site="trunk", found=given, expected=", ".join(TRUNKS))
    return {"name": "painn", **values}


@cache
def _run_plugin(file: Path) -> None:
    try:
        spec = importlib.util.spec_from_file_location(f"mlcluster_plugin_{file.stem}", file)
        if spec is None or spec.loader is None or not file.is_file():
            raise FileNotFoundError(file)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except (OSError, SyntaxError) as error:
        raise ConfigError(
            "cannot read a plug-in file.", file=file, found=error, hint=f"It is named in {PLUGINS}."
        ) from error
