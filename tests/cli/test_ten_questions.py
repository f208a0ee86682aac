"""The page of ten questions says what its commands print, and no line of it is too wide."""

from __future__ import annotations

import pytest

from tests.cli.snapshots import words
from tests.cli.ten_questions import PAGE, QUESTIONS, WIDTH, blocks, page


@pytest.mark.slow
def test_the_page_is_what_the_commands_print() -> None:
    """Words and layout; numbers of predictions move with the models that are shipped."""
    kept, now = PAGE.read_text(encoding="utf-8"), page()
    hint = "python -m tests.cli.ten_questions writes it anew"
    assert words(kept).split("```") == words(now).split("```"), hint


def test_there_are_ten_and_each_is_answered_by_commands() -> None:
    found = blocks(PAGE.read_text(encoding="utf-8"))
    assert len(found) == len(QUESTIONS) == 10
    for block, question in zip(found, QUESTIONS, strict=True):
        commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        assert commands == list(question.commands)
        assert len(block.splitlines()) > len(commands)
        # Entries of a bibliography have lines of their own length.
        told = [line for line in block.splitlines() if not line.startswith(("$ ", "  author", "  title", "Rows are"))]
        if not commands[0].startswith(("mlcluster predict", "mlcluster compare", "mlcluster screen")):
            assert max(map(len, told)) <= WIDTH
