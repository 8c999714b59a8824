"""`liandong protocols`, and the page that is made by it."""

import sys

import pytest

from backend.__main__ import main
from backend.avl.protocols import PROTOCOLS
from backend.commands.protocols import page
from tests.rules.sources import ROOT


def test_the_page_is_current(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`make docs` makes it anew."""
    monkeypatch.setattr(sys, "argv", ["liandong", "protocols"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "protocols.md").read_text()


def test_every_protocol_has_a_row_and_words() -> None:
    text = page()
    for entry in PROTOCOLS.values():
        assert f"\n| {entry.name} | {entry.number} | " in text
        section = text.partition(f"\n## {entry.name}\n")[2].partition("\n## ")[0]
        assert len(section) > 200, entry.name
