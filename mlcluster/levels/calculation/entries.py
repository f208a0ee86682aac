"""From labelled clusters to what lines are fitted to: closed shells that could be calculated, with their labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mlcluster.anatomy import Anatomy
from mlcluster.data import LabelledCluster, load, load_together, only_trainable
from mlcluster.data.splits import balanced_subset
from mlcluster.electronic.descriptors import MAX_SECONDS
from mlcluster.errors import DataError, MlclusterError
from mlcluster.levels.calculation.features import Described, Description, described
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
    item
        What it was made from, for baselines and for how entries are related; None where nobody asks.
    """

    name: str
    family: str
    described: Described
    labels: Mapping[str, float]
    item: LabelledCluster | None = None


def entries_of(
    items: Iterable[LabelledCluster],
    channels: Collection[str],
    *,
    description: Description | None = None,
    max_seconds: float = MAX_SECONDS,
    on_refused: Callable[[str, MlclusterError], object] | None = None,
) -> Iterator[Entry]:
    """Entries with a label of these channels; those that cannot be calculated and open shells are left out.

    A value that is only a bound, as a quantum yield of 1, is no label.

    Parameters
    ----------
    description
        What is calculated; the capped cluster when None.
    on_refused
        Called with an entry that cannot be calculated and the reason.
    """
    for item in only_trainable(items, channels):
        labels = {r.channel.key: float(r.model_value) for r in item.labels if r.model_bound is None}
        if not labels:
            continue
        try:
            found = described(Anatomy(item.cluster), description=description, max_seconds=max_seconds)
        except MlclusterError as error:
            if on_refused is not None:
                on_refused(item.entry, error)
            continue
        if not found.open_shell:
            yield Entry(name=item.entry, family=item.family or item.entry, described=found, labels=labels, item=item)


def configured_entries(config: TrainConfig) -> list[Entry]:
    """Entries of the source that a configuration names.

    Raises
    ------
    DataError
        If none could be calculated and has a label of the channels asked for.
    """
    source, options, own = config.data.source, config.data.options, config.calculation
    items = load(source, **options) if isinstance(source, str) else load_together(source, options)
    items = only_trainable(items, config.model.channels)
    if config.data.subset is not None and config.data.subset < len(items):
        items = balanced_subset(items, config.data.subset, seed=config.data.seed)
    if own.charge is not None:
        items = [_with_charge(item, own.charge) for item in items]
    refused: list[str] = []
    found = list(
        entries_of(
            items,
            config.model.channels,
            description=description_of(config),
            max_seconds=own.max_seconds,
            on_refused=lambda name, error: refused.append(f"{name}: {error}"),
        )
    )
    if not found:
        reason = refused[0] if refused else "no closed shell with such a label"
        expected = ", ".join(config.model.channels)
        raise DataError("no entry to fit lines to.", file=str(source), found=reason, expected=expected)
    return found


def description_of(config: TrainConfig) -> Description:
    """What a configuration has calculated."""
    return Description(ligands=config.calculation.ligands, triplet=config.calculation.triplet)


def entries_hash(entries: Iterable[Entry]) -> str:
    """SHA-256 of names, families, descriptors to 0.000001 and labels."""
    rows = []
    for entry in entries:
        values = {name: round(value, 6) for name, value in entry.described.values.items()}
        rows.append([entry.name, entry.family, values, dict(entry.labels)])
    return content_hash(rows)


def _with_charge(item: LabelledCluster, charge: int) -> LabelledCluster:
    cluster = item.cluster
    return item if cluster.charge is not None else replace(item, cluster=cluster.replace(charge=charge))
