"""What a client may say: everything else is refused with what was expected and what came."""

from typing import Any

import pytest

from backend.errors import BadInput
from backend.live.interest import Interest, parse_every, parse_follow, parse_look, parse_topics
from tests.live.fleet import ANCESTORS

CELL = ANCESTORS[6][0]
GOOD = {"look": 1, "resolution": 6, "cells": [f"{CELL:x}"]}


def test_a_look_is_read() -> None:
    assert parse_look(GOOD) == Interest(1, 6, frozenset({CELL}))
    assert parse_look({"look": 65535, "resolution": 4, "cells": []}) == Interest(65535, 4, frozenset())
    assert len(parse_look({**GOOD, "cells": [f"{CELL:X}"] * 64}).cells) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"look": -1},
        {"look": 65536},
        {"look": None},
        {"look": True},
        {"look": 1.0},
        {"look": "1"},
        {"resolution": 3},
        {"resolution": 9},
        {"resolution": "6"},
        {"resolution": None},
        {"cells": None},
        {"cells": f"{CELL:x}"},
        {"cells": {f"{CELL:x}": 1}},
        {"cells": [f"{CELL:x}"] * 65},
        {"cells": [CELL]},
        {"cells": [None]},
        {"cells": ["nonsense"]},
        {"cells": [""]},
        {"cells": ["0"]},
        {"cells": [f"-{CELL:x}"]},
        {"cells": [f"{CELL:x}0"]},
        {"cells": ["f" * 4000]},
        {"cells": [f"{ANCESTORS[7][0]:x}"]},
        {"cells": [[]]},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_a_bad_look_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        parse_look({**GOOD, **wrong})
    assert refused.value.facts["expected"] is not None
    assert "got" in refused.value.facts


def test_followed_units_are_read() -> None:
    assert parse_follow({"units": [0, 4294967295, 0]}) == {0, 4294967295}
    assert parse_follow({"units": []}) == frozenset()


@pytest.mark.parametrize(
    "wrong", [None, 5, "5", {}, [-1], [4294967296], [1.5], [True], [None], ["1"], list(range(65))], ids=str
)
def test_bad_units_are_refused(wrong: Any) -> None:
    with pytest.raises(BadInput) as refused:
        parse_follow({"units": wrong})
    assert {"expected", "got"} <= set(refused.value.facts)


def test_intervals_are_read() -> None:
    assert [parse_every({"milliseconds": each}) for each in (200, 1000, 5000)] == [200, 1000, 5000]


@pytest.mark.parametrize("wrong", [0, 199, -200, "200", None, [200], {}, True], ids=str)
def test_a_bad_interval_is_refused(wrong: Any) -> None:
    with pytest.raises(BadInput) as refused:
        parse_every({"milliseconds": wrong})
    assert refused.value.facts == {"expected": [200, 1000, 5000], "got": wrong}


def test_topics_are_read() -> None:
    assert parse_topics({"topics": ["a", "a"]}, frozenset({"a", "b"})) == {"a"}


@pytest.mark.parametrize("wrong", [None, "a", [1], [None], ["a", "c"], [["a"]], {"a": 1}], ids=str)
def test_bad_topics_are_refused(wrong: Any) -> None:
    with pytest.raises(BadInput) as refused:
        parse_topics({"topics": wrong}, frozenset({"a", "b"}))
    assert refused.value.facts == {"expected": ["a", "b"], "got": wrong}
