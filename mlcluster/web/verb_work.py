"""The verbs as a child process carries them out: each calls the function of its name and gives what that returns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlcluster
from mlcluster.errors import InputError
from mlcluster.web.errand_options import comparing, level, reading
from mlcluster.web.screen_work import screened

if TYPE_CHECKING:
    from mlcluster.web.errand import Errand

_PLOT, _TABLE = "plot.svg", "table.csv"


def inspect(errand: Errand) -> list[dict[str, Any]]:
    """`mlcluster.inspect`."""
    return mlcluster.inspect(errand.files, **reading(errand))


def predict(errand: Errand) -> list[dict[str, Any]]:
    """`mlcluster.predict`."""
    contributions = bool(errand.options.get("contributions"))
    return mlcluster.predict(errand.files, contributions=contributions, **level(errand), **reading(errand))


def compare(errand: Errand) -> dict[str, Any]:
    """`mlcluster.compare`."""
    return mlcluster.compare(*errand.files, **comparing(errand))


def screen(errand: Errand) -> list[dict[str, Any]]:
    """Rows of `mlcluster.screen`."""
    return screened(errand)


def known(errand: Errand) -> dict[str, Any]:
    """`mlcluster.known`, of a text or of one file."""
    if errand.files:
        return mlcluster.known(Path(errand.files[0]), **reading(errand))
    return mlcluster.known(_text(errand, "query"), charge=errand.options.get("charge"), files=False)


def formula(errand: Errand) -> list[dict[str, Any]]:
    """What ``mlcluster predict --formula`` gives: measured values, then predictions from the formula."""
    from mlcluster.prediction.measured_rows import measured_on_formula

    text, charge = _text(errand, "formula"), errand.options.get("charge")
    conditions = {key: errand.options.get(key) for key in ("medium", "temperature_k")}
    predicted = [row.to_dict() for row in mlcluster.predict_formula(text, charge=charge, **conditions)]
    return measured_on_formula(text, charge) + predicted


def fit(errand: Errand) -> dict[str, Any]:
    """One of `mlcluster.fit`, with its plot as SVG and its table as CSV beside it."""
    name = errand.options["fit"]
    function = getattr(mlcluster.fit, name)
    told = {key: value for key, value in errand.options.items() if key != "fit" and value is not None}
    if str(told.get("components", "")).isdigit():
        told["components"] = int(told["components"])
    drawn = _results(errand)
    result = function(_one_file(errand), plot=drawn / _PLOT, out=drawn / _TABLE, **told)
    return {**result, **_written(drawn)}


def esi(errand: Errand) -> dict[str, Any]:
    """`mlcluster.esi`, of a table of peaks or of numbers."""
    told = {key: value for key, value in errand.options.items() if value is not None}
    drawn = _results(errand)
    result = mlcluster.esi(_one_file(errand) if errand.files else None, plot=drawn / _PLOT, **told)
    return {**result, **_written(drawn)}


def rates(errand: Errand) -> dict[str, Any]:
    """`mlcluster.rates` of one cluster."""
    options = errand.options
    return mlcluster.rates(
        [(options["quantum_yield"], options.get("quantum_yield_error"))],
        [(options["lifetime_us"], options.get("lifetime_us_error"))],
    )


def runs(errand: Errand) -> Any:
    """What ``mlcluster runs list``, ``show``, ``compare`` or ``card`` gives of the project's record."""
    from mlcluster.experiment.runs_card import show_card
    from mlcluster.experiment.runs_compare import compare_runs
    from mlcluster.experiment.runs_listed import list_runs, show_run
    from mlcluster.tracking import RunStore

    project, named = errand.options.get("project"), list(errand.options.get("run") or [])
    store = RunStore(project)
    match errand.options.get("what"):
        case "show":
            return show_run(store, _one(named))
        case "compare":
            return compare_runs(store, named)
        case "card":
            return show_card(
                _one(named), out=None, project=None if project is None else Path(project), tracking_uri=None
            )
        case _:
            return list_runs(store, limit=errand.options.get("limit"))


def _one(named: list[str]) -> str:
    if len(named) != 1:
        raise InputError("this is about one run.", found=len(named))
    return named[0]


def _text(errand: Errand, key: str) -> str:
    text = str(errand.options.get(key) or "").strip()
    if not text:
        raise InputError("nothing is asked.", expected=f"a {key}")
    return text


def _one_file(errand: Errand) -> Path:
    if len(errand.files) != 1:
        raise InputError("a fit takes one table.", found=f"{len(errand.files)} files")
    return Path(errand.files[0])


def _results(errand: Errand) -> Path:
    """Folder for what is drawn and written beside the result."""
    assert errand.result is not None
    return errand.result.parent


def _written(folder: Path) -> dict[str, str]:
    """What was drawn and written, as text."""
    found = {"plot": folder / _PLOT, "table": folder / _TABLE}
    return {key: path.read_text(encoding="utf-8") for key, path in found.items() if path.is_file()}
