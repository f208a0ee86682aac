"""The commands of docs/papers.md print what the page says."""

from __future__ import annotations

import pytest

from tests.photophysics.worked_page import CHECKOUT, FIRST, SECOND, Step, differences, printed, shown, without_commands

PAGE = (CHECKOUT / "docs" / "papers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", [*FIRST, *SECOND], ids=[step.stated[:30] for step in (*FIRST, *SECOND)])
def test_a_command_of_the_page_prints_what_stands_there(step: Step) -> None:
    assert f"**{step.stated}** {step.remark}" in PAGE
    assert differences(shown(PAGE, step.command), printed(step.command)) == []


def test_differences_are_seen_and_rounding_is_not() -> None:
    assert differences("gap 1.72 eV", "gap  1.721 eV") == []
    assert differences("gap 1.72 eV", "gap 2.17 eV") == ["1.72 is now 2.17"]
    assert differences("gap 1.72 eV", "lifetime 1.72 us") != []
    assert "mlcluster esi" not in without_commands(PAGE)
