"""Models on disk: ``model.json`` and one safetensors file a member; reading runs no code from the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mlcluster.chem.elements import SYMBOLS
from mlcluster.errors import ConfigError, DataError, ModelError
from mlcluster.labels.methods import Channel
from mlcluster.labels.own_targets import declarations_of, declare_targets
from mlcluster.levels.network.descriptor_model import Member, build_member
from mlcluster.levels.network.ensemble import Ensemble, EnsembleMetadata
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.runs import replaced_directory

SCHEMA_VERSION = 4
"""Version of the files written here."""

DOCUMENT = "model.json"

Weights = dict[str, Tensor]


def _without_prior(document: dict[str, Any], weights: list[Weights]) -> None:
    """Version 1 knew no composition term: its networks corrected the mean."""
    document["config"] = {**document["config"], "prior": "mean"}


def _one_trunk(document: dict[str, Any], weights: list[Weights]) -> None:
    """Version 2 knew one network, whose sizes and weights stood beside those that every network has."""
    config = dict(document["config"])
    config["trunk"] = {"name": config.pop("model", "painn")}
    document["config"] = config
    rooms = {"elements": "first", "states": "first"}
    rooms |= dict.fromkeys(("interactions", "updates", "norm"), "trunk")
    rooms |= dict.fromkeys(("head", "weights", "state_terms", "methods", "composition"), "readout")
    for number, values in enumerate(weights):
        # A name of no room is refused as unknown when the network is filled.
        weights[number] = {f"{rooms.get(name.split('.')[0], '?')}.{name}": value for name, value in values.items()}


def _one_domain(document: dict[str, Any], weights: list[Weights]) -> None:
    """Version 3 had one domain for all channels: each then has that."""
    metadata = dict(document["metadata"])
    whole = dict(metadata.get("domain", {}))
    shared = {key: value for key, value in whole.items() if key != "family_keys"}
    metadata["domain"] = {key: value for key, value in whole.items() if key not in ("embedding", "thresholds")}
    metadata["domain"]["channels"] = dict.fromkeys(document["config"]["channels"], shared)
    document["metadata"] = metadata


MIGRATIONS: dict[int, Callable[[dict[str, Any], list[Weights]], None]] = {
    1: _without_prior,
    2: _one_trunk,
    3: _one_domain,
}
"""For each old version the function that changes document and weights, in place, to the next version."""

_KEYS = ("schema_version", "config", "channels", "elements", "members", "metadata")


def save_ensemble(ensemble: Ensemble, directory: str | Path) -> Path:
    """Write an ensemble to a directory and return it; a model that lies there already is replaced as a whole.

    Raises
    ------
    ModelError
        If something other than a model lies there.
    """
    target = Path(directory)
    if target.exists() and not (target / DOCUMENT).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise ModelError("the place for the model holds something else.", file=target, hint="Choose a new directory.")
    with replaced_directory(target) as unfinished:
        members = []
        for number, member in enumerate(ensemble.members):
            # Copies: a trunk may hold one weight under two names, which safetensors refuses.
            content = save(
                {name: value.detach().cpu().clone().contiguous() for name, value in member.state_dict().items()}
            )
            name = f"member-{number}.safetensors"
            (unfinished / name).write_bytes(content)
            members.append({"file": name, "sha256": hashlib.sha256(content).hexdigest()})
        document = {
            "schema_version": SCHEMA_VERSION,
            "hash": ensemble.hash,
            "config": ensemble.config.model_dump(mode="json"),
            "channels": [{"channel": key, "unit": Channel.parse(key).definition.unit} for key in ensemble.channels],
            "targets": declarations_of(ensemble.channels),
            "elements": list(SYMBOLS),
            "members": members,
            "metadata": ensemble.metadata.as_json(),
        }
        (unfinished / DOCUMENT).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return target


def load_ensemble(directory: str | Path) -> Ensemble:
    """Read an ensemble of this or an earlier schema version.

    Raises
    ------
    ModelError
        If a file is missing, damaged, of a newer version, or does not fit this package; the message names the file,
        what was found and what was expected.
    """
    path = Path(directory) / DOCUMENT
    document = _read_document(path)
    weights = [_read_weights(path.parent, entry) for entry in document["members"]]
    written = document["schema_version"]
    for version in range(written, SCHEMA_VERSION):
        MIGRATIONS[version](document, weights)
    try:
        declare_targets(document.get("targets", {}))
    except ConfigError as error:
        raise ModelError("the model's targets do not fit this process.", file=path, found=error) from error
    _check_tables(document, path)
    try:
        config = ModelConfig.parse(document["config"])
        members = [build_member(config) for _ in weights]
        metadata = EnsembleMetadata(**document["metadata"])
    except (ConfigError, TypeError, ValueError) as error:
        raise ModelError("the model's configuration does not fit this package.", file=path, found=error) from error
    for entry, member, values in zip(document["members"], members, weights, strict=True):
        _fill(member, values, path.parent / entry["file"])
    return Ensemble(members, metadata, published_hash=document.get("hash") if written < SCHEMA_VERSION else None)


def _read_document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError("no model there.", file=path.parent, expected=f"a directory with {DOCUMENT}") from None
    except (OSError, ValueError) as error:
        raise ModelError("cannot read the model.", file=path, found=error, expected="JSON") from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or version < 1:
        raise ModelError("the model has no schema version.", file=path, found=version, expected="1 or more")
    if version > SCHEMA_VERSION:
        raise ModelError(
            "the model was written by a newer mlcluster.",
            file=path,
            found=f"schema version {version}",
            expected=f"at most {SCHEMA_VERSION}",
            hint="Update mlcluster.",
        )
    missing = [key for key in _KEYS if key not in document]
    if missing:
        raise ModelError("the model lacks an entry.", file=path, found=f"no {', '.join(missing)}", expected=_KEYS)
    return document


def _read_weights(directory: Path, entry: Any) -> Weights:
    if not isinstance(entry, dict) or not entry.keys() >= {"file", "sha256"}:
        raise ModelError(
            "a member is not described.", file=directory / DOCUMENT, found=entry, expected="file and sha256"
        )
    path = directory / str(entry["file"])
    if path.parent != directory:
        # A model is one directory: a path that leads elsewhere is a mistake or worse.
        raise ModelError(
            "a member lies elsewhere.", file=directory / DOCUMENT, found=entry["file"], expected="a file name"
        )
    try:
        content = path.read_bytes()
        weights = load(content)
    except FileNotFoundError:
        raise ModelError("a member's weights are missing.", file=path) from None
    except (OSError, SafetensorError) as error:
        raise ModelError("cannot read a member's weights.", file=path, found=error, expected="safetensors") from error
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        raise ModelError(
            "a member's weights are not those the model was saved with.",
            file=path,
            found=f"sha256 {found[:12]}",
            expected=str(entry["sha256"])[:12],
            hint="Copy the model again.",
        )
    return weights


def _check_tables(document: dict[str, Any], path: Path) -> None:
    elements, symbols = document["elements"], list(SYMBOLS)
    if elements != symbols:
        rows = elements if isinstance(elements, list) else []
        odd = next((z for z, (a, b) in enumerate(zip(rows, symbols, strict=False)) if a != b), None)
        raise ModelError(
            "the model's element table is not that of this package.",
            file=path,
            found=f"{len(rows)} rows" if odd is None else f"row {odd} is {rows[odd]}",
            expected=f"{len(symbols)} rows" if odd is None else symbols[odd],
        )
    try:
        units = {entry["channel"]: entry["unit"] for entry in document["channels"]}
        expected = {key: Channel.parse(key).definition.unit for key in document["config"]["channels"]}
    except (DataError, TypeError, KeyError) as error:
        raise ModelError("the model's channels are not those of this package.", file=path, found=error) from error
    if units != expected:
        raise ModelError("the model's channels and units do not fit.", file=path, found=units, expected=expected)


def _fill(member: Member, values: Weights, path: Path) -> None:
    own = member.state_dict()
    missing, unknown = sorted(own.keys() - values.keys()), sorted(values.keys() - own.keys())
    if missing or unknown:
        raise ModelError(
            "the weights do not fit the configuration.",
            file=path,
            site=(missing + unknown)[0],
            found=f"{len(missing)} missing, {len(unknown)} unknown",
            expected="the names of this network",
        )
    for name, value in values.items():
        if value.shape != own[name].shape:
            raise ModelError(
                "a weight has another shape than the configuration says.",
                file=path,
                site=name,
                found=tuple(value.shape),
                expected=tuple(own[name].shape),
            )
    precision = next(value.dtype for value in values.values() if value.is_floating_point())
    member.to(precision).load_state_dict(values)
