"""Configurations as text: files in YAML, and single values changed on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mlcluster.errors import ConfigError


def with_settings(content: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Plain values with single ones changed, as ``key=value`` with dotted keys and YAML values.

    Raises
    ------
    ConfigError
        For a setting that is none.
    """
    for setting in settings:
        _override(content, setting)
    return content


def read_yaml(path: Path) -> dict[str, Any]:
    """Keys of a configuration file.

    Raises
    ------
    ConfigError
        If it is not there, or no list of keys.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise ConfigError("no such configuration.", file=path, hint="configs/ has commented ones.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("cannot read the configuration.", file=path, found=error) from None
    if not isinstance(content, dict):
        raise ConfigError("a configuration is a list of keys.", file=path, found=type(content).__name__)
    return content


def _override(content: dict[str, Any], setting: str) -> None:
    key, separator, text = setting.partition("=")
    if not separator or not key.strip():
        raise ConfigError("cannot read a setting.", found=setting, expected="key=value, e.g. fit.epochs=10")
    *path, last = key.strip().split(".")
    place = content
    for step in path:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            raise ConfigError("this key has no keys below it.", site=step, found=setting)
        place = inner
    try:
        place[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError("cannot read the value of a setting.", found=setting, hint=str(error)) from None
