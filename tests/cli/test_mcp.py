"""The verbs as tools of a language model: a real client speaks with a real server over pipes."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

import mlcluster
from mlcluster.cli.mcp_tools import Verbs, server

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copy(CHECKOUT / "tests" / "data" / "cif" / "moiety_charge.cif", tmp_path / "crystal.cif")
    return tmp_path


def talk(root: Path, work: Callable[[ClientSession], Awaitable[Any]], *options: str) -> Any:
    async def session() -> Any:
        command = ["-m", "mlcluster", "mcp", "--root", str(root), *options]
        # A client hands on little of its environment: the checkout is named for where nothing is installed.
        environment = {"PYTHONPATH": str(CHECKOUT)}
        parameters = StdioServerParameters(command=sys.executable, args=command, env=environment, cwd=CHECKOUT)
        async with stdio_client(parameters) as streams, ClientSession(*streams) as client:
            await client.initialize()
            return await work(client)

    return anyio.run(session)


def test_a_client_lists_the_tools_and_gets_the_json_of_a_verb(root: Path) -> None:
    async def work(client: ClientSession) -> tuple[Any, Any, Any]:
        return (
            (await client.list_tools()).tools,
            await client.call_tool("rates", {"quantum_yield": 0.4763, "lifetime_us": 3.82}),
            await client.call_tool("inspect", {"files": ["../outside.cif"]}),
        )

    tools, rates, refused = talk(root, work)
    assert {"inspect", "known", "predict", "compare"} <= {tool.name for tool in tools}
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert not {"screen", "substitute"} & {tool.name for tool in tools}
    direct = json.loads(json.dumps(mlcluster.rates([(0.4763, None)], [(3.82, None)])))
    assert json.loads(rates.content[0].text)["parameters"] == direct["parameters"]
    assert refused.is_error
    assert "not below" in refused.content[0].text


def test_verbs_that_write_are_there_when_asked_for(root: Path) -> None:
    names = {tool.name for tool in anyio.run(server(root, write=True).list_tools)}
    assert {"screen", "substitute"} <= names


@pytest.mark.parametrize("name", ["../x.cif", "/etc/passwd", "a/../../x.cif"])
def test_nothing_outside_the_folder_is_reached(root: Path, name: str) -> None:
    verbs = Verbs(root)
    for call in (lambda: verbs.inspect([name]), lambda: verbs.compare("crystal.cif", name)):
        with pytest.raises(Exception, match="not below"):
            call()


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.cif"
    outside.write_text("data_x")
    (root / "link.cif").symlink_to(outside)
    with pytest.raises(Exception, match="not below"):
        Verbs(root).inspect(["link.cif"])


def test_words_are_never_taken_for_options(root: Path) -> None:
    with pytest.raises(Exception, match=r"(?i)formula|text"):
        Verbs(root).known("--help")


def test_an_error_is_passed_on_and_time_is_limited(root: Path) -> None:
    with pytest.raises(Exception, match=r"nowhere\.cif"):
        Verbs(root).inspect(["nowhere.cif"])
    with pytest.raises(Exception, match=r"Stopped after 0\.01 s"):
        Verbs(root, seconds=0.01).cite()
