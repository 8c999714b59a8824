"""Cuts what a terminal sends into frames.

The standard marks begin and end of a frame with 7E. Some makers write E7 instead, and some mix sentences in brackets,
`(number,…)`, in between; both are told by their type.
"""

MARK = 0x7E
ALTERNATIVE_MARK = 0xE7
BRACKET = 0x28
LONGEST_FRAME = 2 * (22 + 1023 + 1) + 2  # every byte escaped

_MARK, _ALTERNATIVE_MARK = bytes([MARK]), bytes([ALTERNATIVE_MARK])
_ENDS = {MARK: MARK, ALTERNATIVE_MARK: ALTERNATIVE_MARK, BRACKET: 0x29}
_NO_MARK = -1


class Alternative(bytes):
    """An escaped frame between two E7."""


class Sentence(bytes):
    """What stood between brackets."""


class Splitter:
    """The cuts of one connection. Keeps no more than one frame can be long."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping: int | None = None  # the mark of a frame that is too long; `_NO_MARK` between frames

    def feed(self, data: bytes) -> list[bytes | None]:
        """The escaped frames that these bytes complete, without their marks; None for one that was too long.

        What stands outside of marks is a frame as well: no good one.
        """
        if self._skipping is None and self._rest in (b"", _MARK) and _is_one_frame(data):
            return [data[1:-1]]  # as it nearly always is; before it at most the mark that ended the last one
        self._rest += data
        found: list[bytes | None] = []
        while self._cut(found):
            pass
        if len(self._rest) > LONGEST_FRAME:
            self._skipping = self._rest[0] if self._rest[0] in _ENDS else _NO_MARK
            self._rest.clear()
        return found

    @property
    def unfinished(self) -> bool:
        """Whether something came after the last mark."""
        return self._skipping is not None or self._rest not in (b"", _MARK, _ALTERNATIVE_MARK)

    def _cut(self, found: list[bytes | None]) -> bool:
        """Take one thing off the front of what is there; False when it is not complete."""
        rest = self._rest
        if self._skipping is not None:
            return self._skip(found)
        if not rest:
            return False
        mark = rest[0]
        if mark not in _ENDS:
            return self._outside(found)
        if len(rest) > 1 and mark != BRACKET and rest[1] in _ENDS:
            del rest[:1]  # it ended the last frame: the next one brings its own
            return True
        end = rest.find(_ENDS[mark], 1)
        if end < 0:
            return False
        piece = bytes(rest[1:end])
        if mark == BRACKET:
            found.append(Sentence(piece))
            del rest[: end + 1]
        else:
            found.append(piece if mark == MARK else Alternative(piece))
            del rest[:end]  # two frames may share the mark between them
        return True

    def _outside(self, found: list[bytes | None]) -> bool:
        start = min((at for at in map(self._rest.find, _ENDS) if at >= 0), default=-1)
        if start < 0:
            return False
        found.append(bytes(self._rest[:start]))
        del self._rest[:start]
        return True

    def _skip(self, found: list[bytes | None]) -> bool:
        ends = list(_ENDS) if self._skipping == _NO_MARK else [_ENDS[self._skipping or MARK]]
        end = min((at for at in map(self._rest.find, ends) if at >= 0), default=-1)
        if end < 0:
            self._rest.clear()
            return False
        found.append(None)
        del self._rest[: end + (self._skipping == BRACKET)]
        self._skipping = None
        return True


def _is_one_frame(data: bytes) -> bool:
    return 2 < len(data) <= LONGEST_FRAME and data[:1] == data[-1:] == _MARK and data.count(_MARK) == 2
