"""Every verb as its user meets it on a terminal of 80 columns."""

from __future__ import annotations

import pytest

from tests.cli.snapshots import check

KNOWN = {
    "known-gold-glutathione": "[Au22(SG)18]0",
    "known-rod": "[Au13Ag12(PPh3)10Cl8]+",
    "known-pyridyl": "[Au22(SAdm)12(PPh2py)4]2+",
}


@pytest.mark.parametrize("name", KNOWN)
def test_known(name: str):
    text = check(name, "known", KNOWN[name])
    assert text.startswith(KNOWN[name])
