"""``mlcluster train`` and ``evaluate``: tracked runs of what a config describes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML file; configs/ has commented ones.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value of the config; repeatable.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="KEY=VALUE", help="Tag of a new run; repeatable.")]
Resume = Annotated[str | None, typer.Option(metavar="RUN", help="Go on with this interrupted run.")]


def train(
    config: Config,
    settings: Settings = None,
    resume: Resume = None,
    extend: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Train the members of this finished run on, with its data and splits."),
    ] = None,
    register: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make the model a version of this registered model.")
    ] = None,
    scheduler: options.Scheduler = None,
    slurm: options.Slurm = False,
    tag: Tags = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Train a model as a config says.

    The run is recorded: config, data, metrics, plots and the model. Workers of a scheduler share the project directory.
    """
    with running(as_json=json, debug=debug), _workers(scheduler, slurm, project) as address:
        from mlcluster.report.tables import training_tables

        if slurm and address is None:
            return  # a task that worked for the first, which tells

        done = mlcluster.train(
            config,
            settings=tuple(settings or ()),
            resume=resume,
            project=project,
            tracking_uri=tracking_uri,
            tags=_tags(tag),
            extend=extend,
            register=register,
            scheduler=address,
        )
        result = {"run_id": done.run_id, "model": str(done.model), "metrics": dict(done.metrics)}
    finish(result, as_json=json, view=training_tables)


def evaluate(
    config: Config,
    settings: Settings = None,
    resume: Resume = None,
    part: options.Part = None,
    scheduler: options.Scheduler = None,
    slurm: options.Slurm = False,
    tag: Tags = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Cross-validate what a config describes.

    Whole families are held out, and simple baselines stand beside the model. Each fold is a child of the run. The same
    command without --part gathers what the tasks of a job array have done. Workers of a scheduler share the project
    directory.
    """
    with running(as_json=json, debug=debug), _workers(scheduler, slurm, project) as address:
        from mlcluster.report.tables import evaluation_tables

        if slurm and address is None:
            return  # a task that worked for the first, which tells

        result = mlcluster.evaluate(
            config,
            settings=tuple(settings or ()),
            resume=resume,
            project=project,
            tracking_uri=tracking_uri,
            tags=_tags(tag),
            part=part,
            scheduler=address,
        )
    finish(result, as_json=json, view=evaluation_tables)


@contextlib.contextmanager
def _workers(scheduler: str | None, slurm: bool, project: Path | None) -> Iterator[str | None]:
    """Address of the scheduler to use, also of one that this task of SLURM starts; None for this machine."""
    if not slurm:
        yield scheduler
        return
    if scheduler is not None:
        raise typer.BadParameter("give --scheduler or --slurm, not both.")
    from mlcluster.resources import PROJECT_FOLDER, project_dir
    from mlcluster.runs.slurm_tasks import tasks_of_one_srun

    with tasks_of_one_srun(project_dir(project) / PROJECT_FOLDER) as address:
        yield address


def _tags(stated: list[str] | None) -> dict[str, str]:
    """Tags as ``--tag`` states them; those that the package writes itself cannot be stated."""
    tags: dict[str, str] = {}
    for text in stated or ():
        key, separator, value = text.partition("=")
        if not separator or not key or key.startswith(("mlcluster.", "mlflow.")):
            raise typer.BadParameter(f"{text}: give KEY=VALUE, where KEY begins with neither mlcluster. nor mlflow.")
        tags[key] = value
    return tags
