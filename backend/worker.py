"""The process `worker`: what goes on beside the paths, one at a time for the whole system."""

from backend.avl.fact_recording import FactRecording
from backend.avl.presence import Presence
from backend.avl.retention_job import Retention
from backend.bus.beats import Watch
from backend.home import Home
from backend.identity.seal import Sealer
from backend.parts import PartTeller, processes
from backend.process import Process
from backend.settings import Settings


async def main(settings: Settings) -> None:
    """Run until told to stop."""
    async with Process("worker", settings) as process:
        await process.registry.load()
        await process.ensure_streams()
        watch = Watch(process.bus, processes(settings), lambda: process.database.away_since)
        teller = PartTeller(watch, process.database)

        def hears() -> bool:
            states = {part.name: part.state for part in watch.look()}
            some = any(state == "ok" for name, state in states.items() if name.startswith("ingest"))
            return states["bus"] == "ok" and some

        presence = Presence(process.bus, process.database, process.registry, settings.offline_after_s, hears)
        await teller.start()
        await presence.start()
        sealer = Sealer(process.database, Home(settings.home).folder("anchors"))
        retention = Retention(process.database, settings.retention_days, settings.retention_hour)
        process.start(process.registry.run(), teller.run(), presence.run(), sealer.run(), retention.run())
        facts = FactRecording(process.database, settings.retention_days)
        process.detail = lambda: {"facts": facts.committed, "facts_refused": facts.refused}
        process.start(facts.follow(process.bus.jetstream), facts.keep_house())
        await process.until_stopped()
