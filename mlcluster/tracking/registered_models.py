"""Models by the names MLflow has for them, and what makes a directory one that MLflow loads."""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcluster.errors import InputError
from mlcluster.tracking.logged_tables import local_directory
from mlcluster.tracking.run_records import RunRecord
from mlcluster.tracking.store import RunStore
from mlcluster.tracking.tracked_run import NOTE

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
    dict[str, Any]
        ``{"name", "version", "alias", "run_id", "before"}``; ``before`` is the version the alias pointed to, or None.

    Raises
    ------
    InputError
        If the run has no model, or the store refuses the alias.
    """
    from mlflow.exceptions import MlflowException

    client, (run, version) = store.client, _version_of(store, run_id, name)
    before = client.get_registered_model(name).aliases.get(alias)
    try:
        client.set_registered_model_alias(name, alias, version)
    except MlflowException as error:
        raise InputError("the store does not take this alias.", found=alias, hint=str(error)) from None
    return {
        "name": name,
        "version": version,
        "alias": alias,
        "run_id": run,
        "before": None if before is None else int(before),
    }


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a registered model.

    Raises
    ------
    InputError
        If it is empty, or has a colon, a slash or a quote.
    """
    if not name.strip() or set(name) & set(":/'"):
        expected = "letters without colon, slash or quote"
        raise InputError("a registered model cannot have this name.", found=name or "nothing", expected=expected)


def register(store: RunStore, run_id: str, name: str = NAME) -> int:
    """Make the model of a run a version of a registered model, which is made if there is none; returns its number.

    Raises
    ------
    InputError
        If the run has no model, or the store does not take the name.
    """
    return _version_of(store, run_id, name)[1]


def _version_of(store: RunStore, run_id: str, name: str) -> tuple[str, int]:
    """Whole id of a run, and the version its model is; the same one however often it is asked for."""
    from mlflow.exceptions import MlflowException

    check_name(name)
    (record,) = store.records(ids=[run_id], details=False)
    if MODEL not in store.find(record.id).files():
        raise InputError("this run has no model.", found=record.id, expected="a run of mlcluster train that has ended")
    client, source = store.client, f"runs:/{record.id}/{MODEL}"
    try:
        if not list(client.search_registered_models(f"name = '{name}'")):
            client.create_registered_model(name)
    except MlflowException as error:
        raise InputError("the store does not take this name of a model.", found=name, hint=str(error)) from None
    known = [version for version in client.search_model_versions(f"name = '{name}'") if version.source == source]
    version = (
        known[0]
        if known
        else client.create_model_version(name, source=source, run_id=record.id, description=record.tags.get(NOTE))
    )
    return record.id, int(version.version)


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


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a pyfunc's input or output.

    Parameters
    ----------
    name, kind
        ``kind`` is "string", "double", "boolean", "strings" (a list of them) or "any".
    required
        False where a table may lack it.
    """

    name: str
    kind: str = "string"
    required: bool = True


def describe_as_pyfunc(
    directory: Path,
    *,
    loader: str,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    example: Sequence[Mapping[str, Any]],
    requirements: Sequence[str],
    switches: Mapping[str, bool] | None = None,
    run_id: str | None = None,
) -> None:
    """Write what MLflow needs to load a model directory; the model's own files stay as they are.

    MLflow imports `loader` and calls its ``_load_pyfunc`` with the directory. So no class is pickled, and no code is
    copied: what answers is the installed package.

    Parameters
    ----------
    directory
        Of the model.
    loader
        Module name.
    inputs, outputs
        Columns of the tables that go in and come out.
    example
        Rows that can go in.
    requirements
        Lines as pip takes them.
    switches
        What may be said with a request, and what holds where it is not.
    run_id
        Run the model is from.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import pyfunc
        from mlflow.models import Model, ModelSignature
        from mlflow.types.schema import DataType, ParamSchema, ParamSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = [ParamSpec(name, DataType.boolean, usual) for name, usual in (switches or {}).items()]
        known = {"params": ParamSchema(said)} if said else {}
        signature = ModelSignature(inputs=_schema(inputs), outputs=_schema(outputs), **known)
        columns = [column.name for column in inputs if all(column.name in row for row in example)]
        split = {"columns": columns, "data": [[row[name] for name in columns] for row in example]}
        (directory / "input_example.json").write_text(json.dumps(split), encoding="utf-8")
        description = Model(
            run_id=run_id,
            signature=signature,
            saved_input_example_info={
                "artifact_path": "input_example.json",
                "type": "dataframe",
                "pandas_orient": "split",
            },
        )
        pyfunc.add_to_model(description, loader_module=loader, python_env="python_env.yaml")
        description.save(str(directory / "MLmodel"))
    (directory / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
    (directory / "python_env.yaml").write_text(
        f"python: {sys.version.split()[0]}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n",
        encoding="utf-8",
    )


def _schema(columns: Sequence[Column]) -> Any:
    from mlflow.types.schema import AnyType, Array, ColSpec, DataType, Schema

    text = DataType.string
    kinds: dict[str, Any] = {
        "string": text,
        "double": DataType.double,
        "boolean": DataType.boolean,
        "strings": Array(text),
        "any": AnyType(),
    }
    return Schema([ColSpec(kinds[column.kind], name=column.name, required=column.required) for column in columns])
