"""What a replay is asked for, as a client says it: which units or which ground, from when to when, and why."""

import math
from dataclasses import dataclass
from typing import Any

from backend.avl.approved import LAST_MOMENT
from backend.avl.areas import Area, area_of_box
from backend.clock import now_ms
from backend.errors import BadInput
from backend.identity.access_log import check_reason
from backend.identity.reach import findable_unit
from backend.identity.registry import Organisation
from backend.identity.rights import Rights
from backend.live.interest import Interest, parse_every, parse_follow, parse_look
from backend.live.socket import VERSION

LONGEST_MS = 24 * 3600 * 1000
MOST_UNITS = 20
SLOWEST, FASTEST = 1, 60
EXPECTED = {"from": "ms", "to": "ms", "reason": "why", "units": [7], "area": "or west,south,east,north"}


@dataclass(frozen=True, slots=True)
class WantedReplay:
    """Named units, or all in an area (one of the two is empty), between two moments (ms, both inside).

    `at`: where to begin (ms); `speed`: how many times as fast as it was. The rest is as in the live socket's hello.
    """

    begin: int
    end: int
    units: tuple[int, ...]
    area: Area | None
    reason: str
    at: int
    speed: float
    is_playing: bool
    interest: Interest
    followed: frozenset[int]
    every: int

    def objects(self) -> list[str]:
        """What is read, as the access log names it."""
        return [self.area.words] if self.area is not None else [f"unit:{unit}" for unit in self.units]


def parse_replay(message: dict[str, Any]) -> WantedReplay:
    """Read a hello. Raises BadInput. It looks up cells: not for the event loop."""
    replay = message.get("replay")
    if message.get("type") != "hello" or message.get("version") != VERSION or not isinstance(replay, dict):
        expected = {"type": "hello", "version": VERSION, "replay": EXPECTED}
        raise BadInput("no hello of a replay", expected=expected, got=message.get("type"))
    if message.get("topics"):
        raise BadInput("a replay tells no events", expected="no topics", got=message["topics"])
    look, reason, playing = message.get("look"), replay.get("reason"), replay.get("playing", True)
    if look is not None and not isinstance(look, dict):
        raise BadInput("bad look", expected="an object or null", got=look)
    if not isinstance(playing, bool):
        raise BadInput("bad playing", expected="true or false", got=playing)
    begin, end = _span(replay)
    units, area = _ground(replay)
    return WantedReplay(
        begin=begin,
        end=end,
        units=units,
        area=area,
        reason=check_reason(reason if isinstance(reason, str) else ""),
        at=parse_moment(replay.get("at", begin), begin, end),
        speed=parse_speed(replay.get("speed", SLOWEST)),
        is_playing=playing,
        interest=Interest() if look is None else parse_look(look),
        followed=parse_follow({"units": message.get("follow", [])}),
        every=parse_every({"milliseconds": message.get("every", 200)}),
    )


def parse_speed(speed: Any) -> float:
    """Read how many times as fast as it was. Raises BadInput."""
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
        raise BadInput("bad speed", expected=f"{SLOWEST} to {FASTEST}", got=speed)
    return float(speed)


def parse_moment(moment: Any, first: int, last: int) -> int:
    """Read a moment (ms since 1970) within a span. Raises BadInput."""
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not math.isfinite(moment):
        raise BadInput("bad moment", expected="ms since 1970", got=moment)
    if not first <= moment <= last:
        raise BadInput("a moment outside of the span", expected=f"{first} to {last}", got=moment)
    return int(moment)


def check_units(wanted: WantedReplay, organisation: Organisation, rights: Rights) -> None:
    """Raises BadInput for a named unit that is not there, and in the same words for one that may not be seen."""
    scope = rights.scope("track.read")
    for unit in wanted.units:
        if findable_unit(scope, organisation, unit) is None:
            raise BadInput(f"there is no unit {unit}", code="no_unit", expected="numbers of units", got=unit)


def _span(replay: dict[str, Any]) -> tuple[int, int]:
    """What lies ahead of now has not been yet: the span ends now at the latest."""
    begin, end = (parse_moment(replay.get(name), 0, LAST_MOMENT) for name in ("from", "to"))
    end = min(end, now_ms())
    if not 0 < end - begin <= LONGEST_MS:
        raise BadInput(
            "expected a span of at most 24 hours that begins before it ends, and before now",
            expected=f"at most {LONGEST_MS} ms",
            got=f"{(end - begin) / 3_600_000:.1f} hours",
        )
    return begin, end


def _ground(replay: dict[str, Any]) -> tuple[tuple[int, ...], Area | None]:
    units, area = replay.get("units"), replay.get("area")
    if (units is None) == (area is None):
        raise BadInput("expected one of units and area", expected=EXPECTED, got=[units, area])
    if area is not None:
        if not isinstance(area, str):
            raise BadInput("bad area", expected="west,south,east,north", got=area)
        return (), area_of_box(area)
    named = parse_follow({"units": units})
    if not 0 < len(named) <= MOST_UNITS:
        raise BadInput("too many units or none", expected=f"1 to {MOST_UNITS} units", got=f"{len(named)} units")
    return tuple(sorted(named)), None
