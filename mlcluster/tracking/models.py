"""Models by the names MLflow has for them: ``runs:/RUN``, ``models:/NAME@ALIAS`` and ``models:/NAME/VERSION``."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from mlcluster.errors import InputError
from mlcluster.tracking.records import RunRecord
from mlcluster.tracking.store import RunStore
from mlcluster.tracking.tables import local_directory

MODEL = "model"
"""Folder of a run that holds its model."""

NAME = "mlcluster"
"""Registered model of which promoted runs become versions."""

_EXPECTED = "runs:/RUN, models:/NAME@ALIAS or models:/NAME/VERSION"


def located(model: str | Path, project: str | Path | None = None, tracking_uri: str | None = None) -> Path:
    """Directory of a model: itself, or where `download` puts the one that a tracking store names."""
    if str(model).startswith(("runs:/", "models:/")):
        return download(str(model), project, tracking_uri)
    return Path(model)


def promote(store: RunStore, run_id: str, alias: str, name: str = NAME) -> dict[str, Any]:
    """Make the model of a run a version of a registered model, and let an alias point to it.

    Parameters
    ----------
    store
        Where the run is.
    run_id
        The run, or the beginning of its id.
    alias
        For example "champion"; it leaves the version it pointed to.
    name
        Registered model; made if there is none.

    Returns
    -------
    ``{"name", "version", "alias", "run_id", "before"}``; ``before`` is the version the alias pointed to, or None.

    Raises
    ------
    InputError
        If the run has no model, or the store refuses the alias.
    """
    from mlflow.exceptions import MlflowException

    (record,) = store.records(ids=[run_id], details=False)
    if MODEL not in store.find(record.id).files():
        raise InputError("this run has no model.", found=record.id, expected="a run of mlcluster train that has ended")
    client = store.client
    if not list(client.search_registered_models(f"name = '{name}'")):
        client.create_registered_model(name)
    source = f"runs:/{record.id}/{MODEL}"
    known = [version for version in client.search_model_versions(f"name = '{name}'") if version.source == source]
    version = known[0] if known else client.create_model_version(name, source=source, run_id=record.id)
    before = client.get_registered_model(name).aliases.get(alias)
    try:
        client.set_registered_model_alias(name, alias, version.version)
    except MlflowException as error:
        raise InputError("the store does not take this alias.", found=alias, hint=str(error)) from None
    return {
        "name": name,
        "version": int(version.version),
        "alias": alias,
        "run_id": record.id,
        "before": None if before is None else int(before),
    }


def download(uri: str, project: str | Path | None = None, tracking_uri: str | None = None) -> Path:
    """Directory of a model that a tracking store names; where a server has it, it is copied into the project once.

    Parameters
    ----------
    uri
        ``runs:/RUN``, ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``.
    project, tracking_uri
        As for `RunStore`.

    Raises
    ------
    InputError
        If there is no such run or model.
    StoreUnreachableError
        If the store does not answer.
    """
    store = RunStore(project, tracking_uri)
    record, folder = _named(store, uri)
    local = local_directory(record.artifacts)
    if local is not None:
        if not (local / folder).is_dir():
            raise InputError("this run has no model.", found=uri, hint="mlcluster runs show lists its files.")
        return local / folder
    kept = store.directory / "models" / record.id
    if not kept.is_dir():
        run = store.find(record.id)
        if folder not in run.files():
            raise InputError("this run has no model.", found=uri, hint="mlcluster runs show lists its files.")
        partial = kept.with_name(f".{record.id}-{uuid.uuid4().hex[:8]}")
        partial.mkdir(parents=True)
        try:
            os.replace(run.download(folder, partial), kept)
        finally:
            shutil.rmtree(partial)
    return kept


def _named(store: RunStore, uri: str) -> tuple[RunRecord, str]:
    kind, _, rest = uri.partition(":/")
    if kind == "models":
        kind, _, rest = _version_source(store, uri, rest).partition(":/")
    run_id, _, folder = rest.strip("/").partition("/")
    if kind != "runs" or not run_id:
        raise InputError("cannot read the name of a model.", found=uri, expected=_EXPECTED)
    (record,) = store.records(ids=[run_id], details=False)
    return record, folder or MODEL


def _version_source(store: RunStore, uri: str, rest: str) -> str:
    from mlflow.exceptions import MlflowException

    name, at, alias = rest.strip("/").partition("@")
    name, slash, version = (name, "", "") if at else name.partition("/")
    if not name or not (alias or version):
        raise InputError("cannot read the name of a model.", found=uri, expected=_EXPECTED)
    try:
        if alias:
            return store.client.get_model_version_by_alias(name, alias).source
        return store.client.get_model_version(name, version).source
    except MlflowException as error:
        hint = f"mlcluster runs promote RUN --as {alias or 'champion'} makes one."
        raise InputError("no such model in this store.", file=store.uri, found=uri, hint=f"{error}. {hint}") from None
