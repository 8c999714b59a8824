"""`liandong verify-audit`: is the audit whole?"""

import asyncio
from argparse import Namespace

from backend.db.engine import Database
from backend.home import Home, resolve
from backend.identity.seal import Fault, verify
from backend.settings import Settings
from backend.up import connections


def verify_audit(settings: Settings, given: Namespace) -> int:
    """Prove the chain of the audit, or name the first row that is changed, missing or unsealed (status 2)."""
    anchors = Home(resolve(settings.home)[0]).folder("anchors")

    async def work() -> tuple[int, Fault | None]:
        database = Database(connections(settings).database_url)
        try:
            return await verify(database, anchors)
        finally:
            await database.close()

    count, fault = asyncio.run(work())
    if fault is None:
        print(f"{count} rows are as they were sealed; {len(list(anchors.glob('audit-*.txt')))} daily anchors fit")
        return 0
    where = [f"seal {fault.seal}"] if fault.seal is not None else []
    where += [f"row {fault.row}"] if fault.row is not None else []
    print(f"{', '.join(where)}: {fault.what}; the {count} seals before hold")
    return 2
