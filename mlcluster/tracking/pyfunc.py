"""A model directory described as an MLflow pyfunc: text files beside the model, and nothing that runs when read."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = ("MLmodel", "requirements.txt", "python_env.yaml", "input_example.json")
"""What `describe_as_pyfunc` writes."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a pyfunc's input or output.

    Parameters
    ----------
    name, kind
        ``kind`` is "string", "double", "strings" (a list of them) or "any".
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
    requirements: Mapping[str, str],
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
        Distributions and their versions.
    run_id
        Run the model is from.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import pyfunc
        from mlflow.models import Model, ModelSignature

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        signature = ModelSignature(inputs=_schema(inputs), outputs=_schema(outputs))
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
    pinned = "".join(f"{name}=={version}\n" for name, version in requirements.items())
    (directory / "requirements.txt").write_text(pinned, encoding="utf-8")
    (directory / "python_env.yaml").write_text(
        f"python: {sys.version.split()[0]}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n",
        encoding="utf-8",
    )


def _schema(columns: Sequence[Column]) -> Any:
    from mlflow.types.schema import AnyType, Array, ColSpec, DataType, Schema

    text = DataType.string
    kinds: dict[str, Any] = {"string": text, "double": DataType.double, "strings": Array(text), "any": AnyType()}
    return Schema([ColSpec(kinds[column.kind], name=column.name, required=column.required) for column in columns])
