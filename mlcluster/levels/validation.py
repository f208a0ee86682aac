"""`validate`: tables of measurements, structures with labels, or all that a configuration would train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.data.checking import check_data
from mlcluster.data.sources import SOURCES
from mlcluster.errors import ConfigError, MlclusterError
from mlcluster.labels.literature.validation import validate as validate_tables
from mlcluster.levels.run_config import TrainConfig, load_config


def validate(
    given: Sequence[str | Path] = (),
    options: Mapping[str, Any] | None = None,
    *,
    config: str | Path | TrainConfig | None = None,
) -> list[dict[str, Any]]:
    """Check what there is to learn from, without stopping at the first fault.

    Parameters
    ----------
    given
        Tables of measurements or pairs, by default the bundled two; or the name of a source of structures.
    options
        What the source needs.
    config
        Check the data of this configuration, its splits and channels too, as a training does before it makes a run.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary a table or source, see `mlcluster.labels.literature.validation` and `mlcluster.data.checking`.

    Raises
    ------
    ConfigError
        For a wrong configuration, source or option.
    DataError
        For data of which nothing can be learned.
    """
    if config is not None:
        if given or options:
            raise ConfigError("a configuration names its source and options itself.", found=", ".join(map(str, given)))
        return [_of_config(load_config(config))]
    names = [str(name) for name in given]
    if options or (len(names) == 1 and names[0] in SOURCES):
        if len(names) != 1:
            raise ConfigError("options belong to one source.", found=", ".join(names) or "none", expected="csv+dir")
        return [check_data(names[0], options)]
    missing = [name for name in names if not Path(name).is_file()]
    if missing:
        raise ConfigError(
            "neither a table nor a source.", found=", ".join(missing), expected=f"a CSV, or one of {', '.join(SOURCES)}"
        )
    return validate_tables(names)


def sources_of(
    names: Sequence[str], options: Mapping[str, Any] | None = None, *, config: str | Path | TrainConfig | None = None
) -> tuple[list[str], dict[str, Any]]:
    """Names and options of sources, as they are given or as a configuration has them.

    Raises
    ------
    ConfigError
        If both are given, or neither.
    """
    if (config is None) == (not names):
        raise ConfigError("data are named by sources or by a configuration.", expected="SOURCE... or --config FILE")
    if config is None:
        return list(names), dict(options or {})
    data = load_config(config).data
    return [data.source] if isinstance(data.source, str) else list(data.source), dict(data.options)


def _of_config(config: TrainConfig) -> dict[str, Any]:
    if config.level != "network":
        raise ConfigError("only the data of the network level are checked.", site="level", found=config.level)
    # The training libraries are loaded only for those who ask.
    from mlcluster.levels.network.fit import NetworkTask

    source = config.data.source
    name = source if isinstance(source, str) else ", ".join(source)
    try:
        return {"file": name, **NetworkTask(config, "check").described()}
    except MlclusterError as error:
        return {"file": name, "error": str(error)}
