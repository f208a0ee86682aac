"""``mlcluster experiment report``: RESULTS.md from the runs in the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.experiment.options import Directory

if TYPE_CHECKING:
    from rich.text import Text


def report(
    directory: Directory,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write RESULTS.md and its plots beside experiment.yaml.

    Refused where runs differ in the data or the held-out rows.
    """
    with running("Comparing", as_json=json, debug=debug):
        from mlcluster.experiment.answer import report_experiment

        result = report_experiment(directory, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_lines)


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for sentence in result["answer"]:
        yield Text(sentence)
    yield Text(f"written to {result['file']}")
