"""``mlcluster data list``: what there is to learn from."""

from __future__ import annotations

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def list_sources(json: options.Json = False, debug: options.Debug = False) -> None:
    """List the sources of structures and labels.

    Items, labels of each target and method, families, licence, and whether a source is here or how to get it.
    """
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.data.views import catalogue_tables
        from mlcluster.report.catalogue import catalogue

        results = catalogue()
    finish(results, as_json=json, view=catalogue_tables)
