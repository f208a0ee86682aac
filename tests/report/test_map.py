"""The map: one page that holds its script, its structures and its data, and lets no name out of its quotes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import ConfigError
from mlcluster.prediction.rank import rank
from mlcluster.report.map_page import viewer_script, write_map
from tests.prediction.test_rank import screened

NASTY = "</script><img src=x onerror=alert(1)> & \u2028"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    clusters = [
        {"name": name, "family": NASTY, "predictions": [("gap", "optical", gap, gap - 0.5, gap + 0.5)]}
        for name, gap in ((NASTY, 1.0), ("plain", 2.0))
    ]
    return screened(tmp_path / "screen", clusters)


def test_the_page_holds_all_it_needs(directory: Path, tmp_path: Path) -> None:
    rows = rank(directory, "gap>1.4", propose=1)
    page = write_map(rows, directory, tmp_path / "map.html", criteria=["gap > 1.4", NASTY]).read_text()
    assert "src=x" not in re.sub(r"&lt;img src=x", "", page).replace("\\u003cimg src=x", "")
    assert page.count("</script>") == 2 and not re.search(r"<(script|link|img)[^>]*\b(src|href)=", page)
    data = json.loads(page.split("Chemiscope.DefaultVisualizer.load(config, ", 1)[1].split(").then(", 1)[0])
    assert [s["size"] for s in data["structures"]] == [14, 14]
    properties = data["properties"]
    assert properties["gap"] == {"target": "structure", "values": [2.0, 1.0], "units": "eV"}
    assert properties["gap interval"]["values"] == ["1.50 to 2.50", "0.50 to 1.50"]
    assert properties["cluster"]["values"] == ["plain", NASTY]
    assert properties["probability"]["values"][0] > properties["probability"]["values"][1]
    assert all(len(each["values"]) == 2 for each in properties.values())


def test_without_the_viewer_one_error_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "chemiscope", None)
    with pytest.raises(ConfigError, match=r"chemiscope.*mlcluster\[screen\]"):
        viewer_script()


def test_the_command_ranks_and_writes(directory: Path, tmp_path: Path) -> None:
    words = ["rank", str(directory), "--want", "gap > 1.4", "--propose", "1"]
    files = ["--out", str(tmp_path / "rows.csv"), "--map", str(tmp_path / "map.html")]
    done = CliRunner().invoke(app, [*words, *files])
    assert done.exit_code == 0, done.output
    assert "Most surely first" in done.stdout and "To measure next" in done.stdout and "plain" in done.stdout
    assert (tmp_path / "rows.csv").read_text().count("\n") == 3 and (tmp_path / "map.html").stat().st_size > 1e6
    as_json = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert [row["cluster"] for row in as_json] == ["plain", NASTY] and as_json == rank(
        directory, "gap > 1.4", propose=1
    )
    wrong = CliRunner().invoke(app, ["rank", str(directory), "--want", "gap is 2"])
    assert wrong.exit_code == 2 and "cannot be understood" in wrong.output
