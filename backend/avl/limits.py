"""What one address, one stranger and one device may take of ingest, and what was turned away, by reason.

A city's terminals stand behind the few gateways of their carrier, so one address may be a whole fleet: who has logged
in is bounded generously, who has not is bounded tightly, and no refusal ends a line that is logged in.
"""

import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from backend.settings import Settings

WINDOW_S = 60.0
MOST_ADDRESSES = 10_000  # of which wrong tokens are remembered; those longest unheard are forgotten first
PATIENCE_S = 5.0  # a newcomer that has said nothing for so long makes room for another one


class Line(Protocol):
    """An open connection, as the limits see it."""

    address: str
    came: float  # monotonic, s

    def turn_away(self, reason: str) -> None:
        """Cut it off, counted under this reason."""
        ...


@dataclass(slots=True)
class _Guesses:
    """The different wrong tokens that an address has shown since `began`."""

    began: float
    tokens: set[int] = field(default_factory=set)
    locked_until: float = 0.0


class WrongTokens:
    """Whether somebody guesses: an address that shows many different wrong tokens of known devices in a minute.

    A device whose token was typed wrongly shows the same one again and again, which is no guess, so it locks nobody
    out who shares its address. Datagrams are not counted: their address is easily forged, and they get no answer from
    which to learn.
    """

    def __init__(self, most: int, lock_s: float) -> None:
        self._most = most
        self._lock_s = lock_s
        self._shown: OrderedDict[str, _Guesses] = OrderedDict()

    def note(self, address: str, token: str) -> None:
        """One more wrong token."""
        now = time.monotonic()
        shown = self._shown.pop(address, None)
        if shown is None or (now - shown.began > WINDOW_S and now > shown.locked_until):
            shown = _Guesses(now)
        self._shown[address] = shown
        shown.tokens.add(hash(token))
        if len(shown.tokens) > self._most:
            shown.tokens.clear()
            shown.locked_until = now + self._lock_s
        while len(self._shown) > MOST_ADDRESSES:
            self._shown.popitem(last=False)

    def locked(self, address: str) -> bool:
        """Whether this address must wait."""
        shown = self._shown.get(address)
        return shown is not None and time.monotonic() < shown.locked_until


class Rates:
    """How many fixes a device may send: `per_s` in the long run, `burst` at once, whatever connections it opens.

    Kept as the moment (monotonic, s) at which the device's burst is whole again: one number for each known device.
    """

    def __init__(self, per_s: float, burst: int) -> None:
        self._fix_s = 1 / per_s
        self._burst_s = burst / per_s
        self._whole_at: dict[int, float] = {}

    def spend(self, device: int, fixes: int) -> float:
        """Count fixes that were taken; returns the moment from which the device may send again."""
        now = time.monotonic()
        whole_at = max(self._whole_at.get(device, now), now) + fixes * self._fix_s
        self._whole_at[device] = whole_at
        return whole_at - self._burst_s

    def allows(self, device: int) -> bool:
        """Whether it may send now."""
        return self._whole_at.get(device, 0.0) - self._burst_s <= time.monotonic()


class Limits:
    """The bounds of one ingest. `turned_away` counts what they refused, by reason, since the start."""

    def __init__(self, settings: Settings) -> None:
        self.turned_away: Counter[str] = Counter()
        self.wrong_tokens = WrongTokens(settings.wrong_tokens_per_minute, settings.wrong_tokens_lock_s)
        self.rates = Rates(settings.device_fixes_per_s, settings.device_burst)
        self._settings = settings
        self._open: Counter[str] = Counter()
        self._lines = 0
        self._newcomers: dict[Line, None] = {}  # in the order in which they came
        self._newcomers_of: dict[str, dict[Line, None]] = {}

    def admit(self, line: Line) -> str | None:
        """Take a new connection among the newcomers; returns the reason if there is no place for it."""
        reason = self._reason_against(line)
        if reason is None:
            self._lines += 1
            self._open[line.address] += 1
            self._newcomers[line] = None
            self._newcomers_of.setdefault(line.address, {})[line] = None
        return reason

    def know(self, line: Line) -> None:
        """It has logged in: it is no newcomer any more."""
        if line in self._newcomers:
            del self._newcomers[line]
            of_address = self._newcomers_of[line.address]
            del of_address[line]
            if not of_address:
                del self._newcomers_of[line.address]

    def leave(self, line: Line) -> None:
        """An admitted connection is gone."""
        self.know(line)
        self._lines -= 1
        self._open[line.address] -= 1
        if not self._open[line.address]:
            del self._open[line.address]

    def public(self) -> dict[str, object]:
        """For the page of health."""
        return {"open": self._lines, "newcomers": len(self._newcomers), "turned_away": dict(self.turned_away)}

    def _reason_against(self, line: Line) -> str | None:
        bounds = self._settings
        if self.wrong_tokens.locked(line.address):
            return "wrong_tokens"
        if self._lines >= bounds.connections:
            return "connections"
        if self._open[line.address] >= bounds.connections_per_address:
            return "connections_of_address"
        of_address = self._newcomers_of.get(line.address, {})
        if len(of_address) >= bounds.newcomers_per_address and not self._make_room(of_address, line.came):
            return "newcomers_of_address"
        if len(self._newcomers) >= bounds.newcomers and not self._make_room(self._newcomers, line.came):
            return "newcomers"
        return None

    def _make_room(self, among: dict[Line, None], now: float) -> bool:
        """Cut the one off that waits longest, if that is long: the newcomer may be honest, and that one is not."""
        oldest = next(iter(among))
        if now - oldest.came < PATIENCE_S:
            return False
        oldest.turn_away("newcomers")
        return True
