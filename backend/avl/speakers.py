"""Who speaks for a unit: what the step `preferred` remembers of its sources."""

from dataclasses import dataclass

from backend.identity.registry import Organisation

FRESH_MS = 30_000
MOST_SOURCES = 8  # remembered of a unit; who was heard longest ago is forgotten first


@dataclass(slots=True)
class Spell:
    """A source that speaks without a pause: fix times (ms) of its first and its newest fix, when that one came."""

    precedence: int
    since: int
    last: int
    heard_at: int


class Speakers:
    """By unit, who speaks for it; a source is a device's id, or minus its precedence where another ingest hears it."""

    def __init__(self, fresh_ms: int = FRESH_MS) -> None:
        self.fresh_ms = fresh_ms
        self._spells: dict[int, dict[int, Spell]] = {}

    def hear(self, unit: int, source: int, precedence: int, moment: int, heard_at: int) -> None:
        """A source spoke: when its fix was measured and when it came, ms since 1970."""
        if heard_at - moment > self.fresh_ms:
            return
        spells = self._spells.setdefault(unit, {})
        spell = spells.get(source)
        if spell is None or spell.precedence != precedence or heard_at - spell.heard_at > self.fresh_ms:
            spells[source] = Spell(precedence, moment, moment, heard_at)
            if len(spells) > MOST_SOURCES:
                del spells[min(spells, key=lambda one: spells[one].heard_at)]
        else:
            spell.last = max(spell.last, moment)
            spell.heard_at = max(spell.heard_at, heard_at)

    def heard_elsewhere(self, unit: int, precedence: int, moment: int, heard_at: int) -> None:
        """Another ingest announced a fix of this unit; precedence 0 is unknown."""
        if precedence:
            self.hear(unit, -precedence, precedence, moment, heard_at)

    def better(self, unit: int, source: int, precedence: int) -> list[Spell]:
        """The spells of the unit's other sources that are believed before this one."""
        spells = self._spells.get(unit)
        if spells is None or (len(spells) == 1 and source in spells):
            return []
        return [spell for other, spell in spells.items() if other != source and spell.precedence < precedence]

    def forget_gone(self, organisation: Organisation) -> None:
        """Forget the units that are no more."""
        for unit in self._spells.keys() - organisation.units.keys():
            del self._spells[unit]
