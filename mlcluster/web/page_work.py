"""The stages behind the page: each calls the functions of the verbs, and makes what is shown of what they return."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mlcluster
from mlcluster.errors import InputError
from mlcluster.labels.literature.known_values import values_in_words
from mlcluster.report.bench_tables import ion_table, parameter_table
from mlcluster.report.cluster_sheet import measured_table, prediction_table, sheet_fragment, sheet_of, sheet_page
from mlcluster.report.json_document import to_json
from mlcluster.report.page import csv_text, render
from mlcluster.report.plain_words import without_command
from mlcluster.runs import replaced, write_whole
from mlcluster.web import verb_work
from mlcluster.web.errand_options import comparing, level, reading
from mlcluster.web.screen_work import screened

if TYPE_CHECKING:
    from mlcluster.web.errand import Errand

_FEW = 5
"""Sentences of a comparison that stand above its report, which has all."""
REPORT = "report.html"
"""Name of the self-contained page in the folder of a job."""


def warm(errand: Errand) -> None:
    """Import and load everything that a first picture and a prediction need, and use it once."""
    from mlcluster.comparison.compare import compare_clusters
    from mlcluster.data import model_structures
    from mlcluster.prediction.predict import open_model, predict_clusters

    cluster = next(iter(model_structures().values()))
    ensemble = open_model(None)
    predict_clusters([cluster], ensemble)
    compare_clusters(cluster, cluster, ensemble)
    mlcluster.known("[Au25(PET)18]-")
    mlcluster.predict_formula("[Au25(PET)18]-")


def structure(errand: Errand) -> dict[str, Any]:
    """What a file holds, drawn and described, with the predictions that take no time."""
    return _sheet(errand, {"level": "network"}, first=True)


def calculation(errand: Errand) -> dict[str, Any]:
    """The same with the level that takes its time, and as a page of its own."""
    return _sheet(errand, level(errand), first=False)


def _sheet(errand: Errand, asked: Mapping[str, Any], *, first: bool) -> dict[str, Any]:
    options = reading(errand)
    (inspected, *failed) = mlcluster.inspect(errand.files, **options)
    if "error" in inspected:
        raise InputError(inspected["error"])
    results = mlcluster.read(errand.files[0], **options)
    rows = mlcluster.predict(errand.files, **asked, **options)
    failed += [row for row in rows if "error" in row and row not in failed]
    sheet = sheet_of(inspected, rows, results, pictures=not first, estimate=first)
    if not first:
        assert errand.folder is not None
        write_whole(errand.folder / REPORT, sheet_page([sheet], failed=failed), durable=False)
    sheet["clusters"] = [{**cluster, "picture": None} for cluster in sheet["clusters"]]
    seconds = [cluster["seconds"] for cluster in sheet["clusters"] if cluster["seconds"] is not None]
    return {
        "title": ", ".join(cluster["title"] for cluster in sheet["clusters"][:3]),
        "html": sheet_fragment(sheet),
        "scenes": sheet["scenes"],
        "downloads": sheet["downloads"],
        "failed": [row["error"] for row in failed],
        "estimate": min(sum(seconds), errand.max_seconds) if seconds else None,
    }


def comparison(errand: Errand) -> dict[str, Any]:
    """Two files side by side, with the predictions that take no time."""
    return _comparison(errand, {"level": "network"})


def calculated_comparison(errand: Errand) -> dict[str, Any]:
    """The same with both calculated."""
    return _comparison(errand, level(errand))


def _comparison(errand: Errand, asked: Mapping[str, Any]) -> dict[str, Any]:
    from mlcluster.comparison.compare import compare_files
    from mlcluster.report.comparison_page import write_comparison

    assert errand.folder is not None
    found = compare_files(*errand.files, **comparing(errand) | dict(asked))
    with replaced(errand.folder / REPORT, durable=False) as unfinished:
        write_comparison(found, unfinished)
    return {
        "title": f"{found.a.name} and {found.b.name}: {found.relation}",
        "sentences": without_command(found.sentences)[:_FEW],
    }


def screen(errand: Errand) -> dict[str, Any]:
    """Rows of a screen."""
    return {"rows": screened(errand)}


def formula(errand: Errand) -> dict[str, Any]:
    """What is known of a formula, or of words, and what a formula predicts."""
    text = str(errand.options.get("formula") or "").strip()
    known = mlcluster.known(text, charge=errand.options.get("charge"), files=False)
    refused, rows = "", []
    try:
        rows = [row for row in verb_work.formula(errand) if row["kind"] != "measured"]
    except InputError as error:  # words of a record are no formula
        refused = str(error)
    html = render(
        "formula",
        known={**known, "sentences": without_command(known["sentences"])},
        measured=measured_table(known["measured"]) if known["measured"] else None,
        predicted=prediction_table(rows) if rows else None,
        nearest=[{**one, "measured": values_in_words(one["measured"])} for one in known["nearest"]],
        reasons=list(dict.fromkeys(reason for row in rows for reason in row["reasons"])),
        refused=refused,
    )
    return {"html": html, "downloads": [_csv("predictions", rows), _csv("measured", known["measured"])]}


def bench(errand: Errand) -> dict[str, Any]:
    """One of the fits, the ions of a spectrum, or rates, with the plot."""
    name = errand.options["fit"]
    work = {"esi": verb_work.esi, "rates": verb_work.rates}.get(name, verb_work.fit)
    told = {key: value for key, value in errand.options.items() if key != "fit" or name not in ("esi", "rates")}
    result = work(replace(errand, options=told))
    plot = result.get("plot")
    html = render(
        "bench",
        name=name,
        sentences=result["sentences"],
        plot=None if plot is None else base64.b64encode(plot.encode()).decode(),
        parameters=parameter_table(result["parameters"]) if "parameters" in result else None,
        ions=ion_table(result["ions"]) if result.get("ions") else None,
        statistics=result.get("statistics") or {},
        table_at_hand="table" in result,
    )
    downloads = [
        {"name": f"{name}.csv", "type": "text/csv", "text": result.get("table", "")},
        {"name": f"{name}.svg", "type": "image/svg+xml", "text": plot or ""},
        {"name": f"{name}.json", "type": "application/json", "text": to_json(result)},
    ]
    return {"html": html, "downloads": downloads}


def runs(errand: Errand) -> dict[str, Any]:
    """The record of runs: a list, one of them, several compared, a card."""
    result = verb_work.runs(errand)
    what = errand.options.get("what") or "list"
    if what == "compare":
        from mlcluster.experiment.runs_page import write_page

        assert errand.folder is not None
        with replaced(errand.folder / REPORT, durable=False) as unfinished:
            write_page(result, unfinished)
    return {"html": render("record", what=what, result=result), "report": what == "compare"}


def _csv(name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"name": f"{name}.csv", "type": "text/csv", "text": csv_text(rows)}
