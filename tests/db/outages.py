"""Take a database away from its users, as a broken server or network does, and give it back."""

import contextlib
from collections.abc import Iterator

from backend.db.cluster import Cluster


def cut(cluster: Cluster, name: str) -> int:
    """Cut every connection to this database; returns how many there were."""
    with cluster._connect("postgres") as admin:
        rows = admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
        ).fetchall()
    return len(rows)


@contextlib.contextmanager
def away(cluster: Cluster, name: str) -> Iterator[None]:
    """For the length of the block the database refuses new connections; the ones there were are cut."""
    with cluster._connect("postgres") as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            cut(cluster, name)
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
