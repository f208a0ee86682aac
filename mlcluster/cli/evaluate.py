"""``mlcluster evaluate``: cross-validation beside the baselines."""

from __future__ import annotations

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.train import Config, Resume, Settings


def evaluate(
    config: Config,
    settings: Settings = None,
    resume: Resume = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Cross-validate what a config describes.

    Whole families are held out, and simple baselines stand beside the model. Each fold is a child of the run.
    """
    with running(as_json=json, debug=debug):
        from mlcluster.report.tables import evaluation_tables

        result = mlcluster.evaluate(
            config, settings=tuple(settings or ()), resume=resume, project=project, tracking_uri=tracking_uri
        )
    finish(result, as_json=json, view=evaluation_tables)
