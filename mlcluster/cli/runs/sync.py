"""``mlcluster runs sync``: what a tracking server missed while it was away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


def sync(
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Send what runs kept while their tracking server did not answer."""
    with running("Sending", as_json=json, debug=debug):
        from mlcluster.tracking import RunStore

        store = RunStore(project, tracking_uri)
        result = {"store": store.uri, "runs": [{"run": run, "sent": sent} for run, sent in store.sync().items()]}
    finish(result, as_json=json, view=_lines)


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for row in result["runs"]:
        yield Text(f"run {row['run']}: {'all sent' if row['sent'] else 'not all sent'}")
    if not result["runs"]:
        yield Text(f"nothing waits to be sent to {result['store']}")
