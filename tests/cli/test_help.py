"""Help is complete and loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app

HEAVY = ["ase", "matplotlib", "mlflow", "numpy", "pandas", "pymatgen", "pytorch_lightning", "scipy", "sklearn", "torch"]
VERBS = ["inspect", "predict", "compare", "screen", "rank", "train", "evaluate", "demo"]


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_checkout())
    return done.stdout


def _checkout() -> Path:
    return Path(__file__).resolve().parents[2]


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\nfrom typer.testing import CliRunner\nfrom mlcluster.cli.main import app\n"
        f"for verb in {['', *VERBS]!r}:\n"
        "    assert CliRunner().invoke(app, [*filter(None, [verb]), '--help']).exit_code == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    assert json.loads(run_python(code)) == []


def test_the_package_loads_nothing_heavy_and_lists_its_verbs() -> None:
    code = (
        f"import json, sys, mlcluster\nprint(json.dumps([dir(mlcluster), [n for n in {HEAVY!r} if n in sys.modules]]))"
    )
    names, heavy = json.loads(run_python(code))
    assert heavy == []
    assert set(VERBS) | {"read", "Cluster", "ReadResult"} <= set(names)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    result = CliRunner().invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert "--debug" in result.stdout
    lines = CliRunner().invoke(app, ["--help"]).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith(f"  {verb} ")]
    assert line.endswith(".")
    assert not line.endswith("...")


def test_every_verb_but_the_page_and_the_demo_can_answer_in_json() -> None:
    def options(command: Any, name: str = "") -> dict[str, set[str]]:
        if not hasattr(command, "commands"):
            return {name.strip(): {option for each in command.params for option in each.opts}}
        found: dict[str, set[str]] = {}
        for verb, inner in command.commands.items():
            found |= options(inner, f"{name} {verb}")
        return found

    by_verb = options(get_command(app))
    assert len(by_verb) > 20 and "runs card" in by_verb
    assert [verb for verb, names in by_verb.items() if "--json" not in names] == ["serve", "demo", "mcp"]
    assert all("--debug" in names for names in by_verb.values())


def test_every_function_of_the_package_is_there() -> None:
    for name in mlcluster.__all__:
        assert getattr(mlcluster, name) is not None


def test_an_unknown_function_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'predit'"):
        mlcluster.predit  # noqa: B018


def test_version_and_module_form() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlcluster", "--version"], capture_output=True, text=True, check=True, cwd=_checkout()
    )
    assert done.stdout == f"mlcluster {mlcluster.__version__}\n"
