"""``mlcluster evaluate``: cross-validation beside the baselines."""

from __future__ import annotations

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.train import Config, Settings


def evaluate(
    config: Config,
    settings: Settings = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Cross-validate what a config describes.

    Whole families are held out, and simple baselines stand beside the model.
    """
    with running(as_json=json, debug=debug):
        from mlcluster.report.tables import evaluation_tables

        result = mlcluster.evaluate(config, settings=tuple(settings or ()))
    finish(result, as_json=json, view=evaluation_tables)
