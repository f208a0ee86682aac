"""``mlcluster predict``: properties of the clusters in structure files, or of a formula."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.errors import MlclusterError

Formulas = Annotated[
    list[str] | None,
    typer.Option("--formula", metavar="F", help='Predict from a formula alone, e.g. "[Au25(SR)18]-"; repeatable.'),
]
Medium = Annotated[
    str | None, typer.Option(metavar="TEXT", help='With --formula: what surrounds it, e.g. "CH2Cl2" or "crystal".')
]
Contributions = Annotated[
    bool, typer.Option("--contributions", help="Also say what the parts of each structure add to its values.")
]
Temperature = Annotated[
    float | None, typer.Option(metavar="K", min=1, help="With --formula: temperature in kelvin; room temperature.")
]


@options.grouped(options.reading, options.level_asked)
def predict(
    files: options.Files = None,
    formula: Formulas = None,
    model: options.Model = None,
    out: options.Out = None,
    *,
    reading: dict[str, Any],
    level_asked: dict[str, Any],
    manifest: options.Manifest = None,
    contributions: Contributions = False,
    report: options.ReportPage = None,
    medium: Medium = None,
    temperature: Temperature = None,
    own: options.Own = None,
    verbose: options.Verbose = False,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Predict properties, each with an interval.

    Each value comes with a verdict on whether the model was trained on clusters like this one. A formula has fewer
    properties and wider intervals than a structure, and isomers have one formula.
    """
    with running("Predicting", as_json=json, debug=debug):
        given = bool(files) or manifest is not None
        if not given and not formula:
            raise typer.BadParameter("give at least one FILE, --manifest with a file in it, or --formula.")
        items = options.inputs(files, manifest, reading) if given else []
        from mlcluster.report.predicted_tables import prediction_tables
        from mlcluster.report.written_rows import check_table_name, write_table

        check_table_name(out)
        options.check_page(report, given)
        model = options.located_model(model, project, tracking_uri)
        asked = {**reading, **level_asked, "model": model, "contributions": contributions, "own": own}
        results = options.for_inputs(mlcluster.predict, items, **asked)
        # Beside files, --model and --charge are theirs.
        theirs = {"model": None, "charge": None} if given else {"model": model, "charge": reading["charge"]}
        for text in formula or ():
            results += _rows(text, medium=medium, temperature_k=temperature, own=own, **theirs)
        write_table(results, out)
        if report is not None:
            from mlcluster.report.cluster_sheet import report_files

            report_files(items, report, reading, results)
    finish(results, as_json=json, view=partial(prediction_tables, verbose=verbose or contributions))


def _rows(text: str, *, model: Path | None, **conditions: Any) -> list[dict[str, Any]]:
    from mlcluster.prediction.from_formula import formula_rows, open_formula_model

    loaded = open_formula_model(model)
    try:
        return formula_rows(text, model=loaded, **conditions)
    except MlclusterError as error:
        return [{"file": "", "formula": text, "error": str(error)}]
