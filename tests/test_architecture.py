"""The rules of the house, read from the source: who may import whom, how big a file is, what nobody uses."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import networkx as nx
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

ORDER = (
    "errors display units resources plugins chem geometry runs photophysics structure anatomy match labels electronic "
    "design graph data nn model tracking levels training prediction comparison report experiment web cli testing"
).split()
# The verbs at the top load everything: only what stands behind the report may call them.
VERBS_RANK = ORDER.index("report")
MAX_LINES = 300
MAX_LINES_BESIDE = 500
"""Of a file of tests or benchmarks."""
BAD_NAMES = {"util", "utils", "helper", "helpers", "manager", "misc", "common"}
# `lightning` is a second copy of pytorch_lightning; the others run code on loading, which a data file must not.
BAD_MODULES = {"lightning", "pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}
BAD_CALLS = {"torch.load", "torch.save", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load", "eval", "exec"}


def violations(root: Path) -> list[str]:
    """Everything in the package below `root` that breaks a rule, as ``file:line: what``."""
    found = []
    for path in sorted((root / "mlcluster").rglob("*.py")):
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MAX_LINES:
            found.append(f"{name}:{lines}: more than {MAX_LINES} lines")
        if set(name.with_suffix("").parts) & BAD_NAMES:
            found.append(f"{name}:1: a name that says nothing")
        tree = ast.parse(text, filename=str(name))
        found += [f"{name}:{line}: {what}" for line, what in _order(name, tree)]
        found += [f"{name}:{line}: {what}" for line, what in _forbidden(tree)]
    return found + circles(root)


def circles(root: Path) -> list[str]:
    """Sets of modules that import each other, in one folder and in functions too; imports for types only are none."""
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (root / "mlcluster").rglob("*.py")
    }
    graph = nx.DiGraph()
    for module, path in files.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typed = [node for node in ast.walk(tree) if isinstance(node, ast.If) and _dotted(node.test) == "TYPE_CHECKING"]
        skipped = {id(node) for block in typed for node in ast.walk(block)}
        for node in ast.walk(tree):
            if id(node) not in skipped:
                graph.add_edges_from((module, target) for target in _modules(node, path.relative_to(root), files))
    # The top-level package names the verbs, and loads each when it is asked for.
    graph.remove_nodes_from(["mlcluster"])
    found = [frozenset(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    return [f"{' and '.join(sorted(group))} import each other" for group in found]


def _modules(node: ast.AST, name: Path, files: Collection[str]) -> Iterator[str]:
    """Modules of the package that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in files)
    elif isinstance(node, ast.ImportFrom):
        base = list(name.parts[:-1])[: len(name.parts) - node.level] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            below = f"{module}.{alias.name}"
            if below in files or module in files:
                yield below if below in files else module


def _room(module: str) -> str:
    """Folder or file directly below mlcluster, or "" for the top-level package itself."""
    return module.split(".")[1] if "." in module else ""


def _order(name: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if name.parts[1:] in (("__init__.py",), ("__main__.py",)):
        return
    here = name.parts[1].removesuffix(".py")
    if here not in ORDER:
        yield 1, f"mlcluster/{here} has no place in the order"
        return
    for line, module in _imports(name, tree):
        if module.split(".")[0] != "mlcluster":
            continue
        there = _room(module)
        if there and there not in ORDER:
            yield line, f"imports mlcluster.{there}, which has no place in the order"
        elif there and ORDER.index(there) > ORDER.index(here):
            yield line, f"{here} imports from {there}, which stands behind it"
        elif not there and ORDER.index(here) <= VERBS_RANK:
            yield line, f"{here} imports the verbs of the top-level package"


def _imports(name: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of every module imported, inside functions and by literal name as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(name.parts[:-1])[: len(name.parts) - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                if module == "mlcluster":
                    if alias.name != "__version__":
                        yield node.lineno, f"mlcluster.{alias.name}" if alias.name in ORDER else "mlcluster"
                else:
                    yield node.lineno, module
        elif isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] in {"import_module", "__import__"}:
            if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def _forbidden(tree: ast.AST) -> Iterator[tuple[int, str]]:
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases.update(
                {alias.asname or alias.name.split(".")[0]: alias.asname and alias.name for alias in node.names}
            )
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    for line, module in _imports(Path("mlcluster/x.py"), tree):
        if module.split(".")[0] in BAD_MODULES:
            yield line, f"uses {module.split('.')[0]}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, _, rest = _dotted(node.func).partition(".")
            full = ".".join(filter(None, (aliases.get(first) or first, rest)))
            if full in BAD_CALLS:
                yield node.lineno, f"calls {full}"
            if any(k.arg == "allow_pickle" and getattr(k.value, "value", True) for k in node.keywords):
                yield node.lineno, "allows pickle"


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def test_the_package_keeps_the_rules() -> None:
    assert violations(CHECKOUT) == []


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_no_file_beside_the_package_is_too_long(folder: str) -> None:
    lengths = {str(path): path.read_text(encoding="utf-8").count("\n") for path in (CHECKOUT / folder).rglob("*.py")}
    assert {path: n for path, n in lengths.items() if n > MAX_LINES_BESIDE} == {}


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("chem/a.py", "from mlcluster.graph.keys import KEYS", "chem imports from graph"),
        ("chem/a.py", "def f():\n    import mlcluster.model", "chem imports from model"),
        ("chem/a.py", "from ..graph import keys", "chem imports from graph"),
        ("chem/a.py", "from mlcluster import graph", "chem imports from graph"),
        ("chem/a.py", "import importlib\nimportlib.import_module('mlcluster.cli.main')", "chem imports from cli"),
        ("units.py", "from mlcluster.chem import elements", "units imports from chem"),
        ("training/a.py", "import mlcluster\nmlcluster.predict([])", "training imports the verbs"),
        ("training/a.py", "from mlcluster import predict", "training imports the verbs"),
        ("attic/a.py", "x = 1", "attic has no place"),
        ("chem/a.py", "x = 1\n" * 301, "more than 300 lines"),
        ("chem/utils.py", "x = 1", "says nothing"),
        ("training/a.py", "import lightning.pytorch as pl", "uses lightning"),
        ("graph/a.py", "import pickle", "uses pickle"),
        ("graph/a.py", "from joblib import dump", "uses joblib"),
        ("model/a.py", "import torch\ntorch.load('x')", "calls torch.load"),
        ("model/a.py", "import torch as t\nt.load('x')", "calls torch.load"),
        ("model/a.py", "from torch import load as read\nread('x')", "calls torch.load"),
        ("data/a.py", "import yaml\nyaml.load('x', yaml.Loader)", "calls yaml.load"),
        ("data/a.py", "import numpy as np\nnp.load('x', allow_pickle=True)", "allows pickle"),
        ("data/a.py", "eval('1')", "calls eval"),
    ],
)
def test_a_broken_rule_is_seen(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    path = tmp_path / "mlcluster" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    found = violations(tmp_path)
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("a", "b", "circle"),
    [
        ("from mlcluster.chem.b import f", "from mlcluster.chem import a", True),
        ("from mlcluster.chem.b import f", "def f():\n    from mlcluster.chem.a import g", True),
        ("import mlcluster.chem.b", "from . import a", True),
        ("from mlcluster.chem.b import f", "import ast", False),
        (
            "from mlcluster.chem.b import f",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mlcluster.chem.a import g",
            False,
        ),
    ],
)
def test_a_circle_within_a_folder_is_seen(tmp_path: Path, a: str, b: str, circle: bool) -> None:
    folder = tmp_path / "mlcluster" / "chem"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(a)
    (folder / "b.py").write_text(b)
    assert violations(tmp_path) == (["mlcluster.chem.a and mlcluster.chem.b import each other"] if circle else [])


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("graph/a.py", "from mlcluster.chem import elements\nfrom mlcluster.graph.keys import KEYS"),
        ("tracking/a.py", "from mlcluster import __version__"),
        ("cli/a.py", "import mlcluster\nmlcluster.predict([])"),
        ("training/a.py", "import pytorch_lightning as pl\nmodel.eval()\nstate.load('x')"),
        ("graph/a.py", "from . import keys"),
    ],
)
def test_what_is_allowed_is_not_complained_of(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / "mlcluster" / file
    path.parent.mkdir(parents=True)
    path.write_text(source)
    assert violations(tmp_path) == []


def test_early_rooms_do_not_load_torch() -> None:
    rooms = [*(f"mlcluster/{room}" for room in ("chem", "geometry", "structure", "labels", "cli"))]
    modules = sorted(
        ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
        for room in rooms
        for path in (CHECKOUT / room).rglob("*.py")
    )
    script = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert len(modules) > 10
    assert done.stdout.strip() == "False"
