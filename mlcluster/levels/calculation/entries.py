"""From labelled clusters to what lines are fitted to: closed shells that could be calculated, with their labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mlcluster.anatomy import Anatomy
from mlcluster.data import LabelledCluster, load, load_together, only_trainable
from mlcluster.electronic.descriptors import MAX_SECONDS
from mlcluster.errors import DataError, MlclusterError
from mlcluster.levels.calculation.features import Described, described
from mlcluster.levels.run_config import TrainConfig
from mlcluster.runs import content_hash


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """A calculated cluster with its labels.

    Parameters
    ----------
    name, family
        As in its source.
    described
        The cluster as this level sees it.
    labels
        By channel, model space.
    """

    name: str
    family: str
    described: Described
    labels: Mapping[str, float]


def entries_of(
    items: Iterable[LabelledCluster],
    channels: Collection[str],
    *,
    max_seconds: float = MAX_SECONDS,
    on_refused: Callable[[str, MlclusterError], object] | None = None,
) -> Iterator[Entry]:
    """Entries with a label of these channels; those that cannot be calculated and open shells are left out.

    Parameters
    ----------
    on_refused
        Called with an entry that cannot be calculated and the reason.
    """
    for item in only_trainable(items, channels):
        try:
            found = described(Anatomy(item.cluster), max_seconds=max_seconds)
        except MlclusterError as error:
            if on_refused is not None:
                on_refused(item.entry, error)
            continue
        if not found.open_shell:
            labels = {r.channel.key: float(r.channel.definition.to_model(r.value)) for r in item.labels}
            yield Entry(name=item.entry, family=item.family or item.entry, described=found, labels=labels)


def configured_entries(config: TrainConfig) -> list[Entry]:
    """Entries of the source that a configuration names.

    Raises
    ------
    DataError
        If none could be calculated and has a label of the channels asked for.
    """
    source, options = config.data.source, config.data.options
    items = load(source, **options) if isinstance(source, str) else load_together(source, options)
    refused: list[str] = []
    found = list(entries_of(items, config.model.channels, on_refused=lambda _, error: refused.append(str(error))))
    if not found:
        reason = refused[0] if refused else "no closed shell with such a label"
        expected = ", ".join(config.model.channels)
        raise DataError("no entry to fit lines to.", file=str(source), found=reason, expected=expected)
    return found


def entries_hash(entries: Iterable[Entry]) -> str:
    """SHA-256 of names, families, descriptors to 0.000001 and labels."""
    rows = []
    for entry in entries:
        values = {name: round(value, 6) for name, value in entry.described.values.items()}
        rows.append([entry.name, entry.family, values, dict(entry.labels)])
    return content_hash(rows)
