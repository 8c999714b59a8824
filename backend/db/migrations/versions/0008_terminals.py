"""Terminals that send wrong checksums."""

from alembic import op

revision = "0008"
down_revision = "0007"

TERMINALS = """
ALTER TABLE device ADD tolerates_checksum boolean NOT NULL DEFAULT false;
DROP TRIGGER device_changed ON device;
CREATE TRIGGER device_changed AFTER INSERT OR DELETE
    OR UPDATE OF identifier, unit, protocol, address, token_hash, simulated, disabled_at, former_hash, former_until,
                 personal, tolerates_checksum
    ON device EXECUTE FUNCTION raise_identity_version();
"""


def upgrade() -> None:
    op.execute(TERMINALS)
