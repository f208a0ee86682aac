"""Every command that a page tells of exists, with every option it is given."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from mlcluster.cli.main import app

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    file
    for folder in (".", "docs", "experiments", "datasets", "configs", "benchmarks")
    for ending in ("*.md", "*.yaml")
    for file in ((CHECKOUT / folder).glob(ending) if folder in (".", "docs") else (CHECKOUT / folder).rglob(ending))
)
COMMAND = get_command(app)


def commands(text: str) -> list[str]:
    """What follows ``mlcluster`` in blocks of code, spans and comments, a command a line."""
    text = text.replace("\\\n", " ")
    lines = [
        line.strip().lstrip("#$ ") for line in text.splitlines() if re.match(r"\s*(?:[#$]\s*)*mlcluster [a-z]", line)
    ]
    spans = re.findall(r"`(mlcluster [a-z][^`]*)`", text)
    return [line.removeprefix("mlcluster ") for line in [*lines, *spans] if not line.endswith(("...", ":"))]


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command line, without running it or looking for its files; None if nothing is."""
    command = COMMAND
    context = command.context_class(command)
    while hasattr(command, "commands"):
        if not words or words[0].isupper():
            return None
        if words[0] not in command.commands:
            return f"no verb {words[0]}"
        command, words = command.commands[words[0]], words[1:]
        context = command.context_class(command, parent=context)
    try:
        command.make_parser(context).parse_args(words)
    except Exception as error:
        # The usage errors of typer are not public; whatever the parser raises is told.
        return str(error)
    return None


def words_of(line: str) -> list[str]:
    line = re.sub(r"\[(-[^\]]*)\]", r"\1", line)  # options that may be left out
    # A comment, what is done with the output and what words say after two spaces are not of the command.
    line = re.split(r"\s[#|>&;]|\s{2,}(?![-'\"])|\s->\s", line)[0]
    try:
        return [word for word in shlex.split(line) if word != "..."]
    except ValueError:
        return line.split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_commands_of_the_page_exist(page: Path) -> None:
    found = {line: complaint(words_of(line)) for line in commands(page.read_text(encoding="utf-8"))}
    assert {line: fault for line, fault in found.items() if fault is not None} == {}


def test_the_pages_hold_commands_and_wrong_ones_are_seen() -> None:
    assert sum(len(commands(page.read_text(encoding="utf-8"))) for page in PAGES) > 100
    assert complaint(["predikt", "a.cif"]) == "no verb predikt"
    assert "--chrage" in (complaint(["predict", "a.cif", "--chrage", "1"]) or "")
    assert complaint(words_of("predict a.cif --charge -1   # its gap")) is None
