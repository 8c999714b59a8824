"""In which datum a device gives its places, where it says something else or nothing."""

from alembic import op

revision = "0011"
down_revision = "0010"

DATUM = """
-- Null: as its protocol says.
ALTER TABLE device ADD datum text CHECK (datum IN ('wgs84', 'gcj02'));
DROP TRIGGER device_changed ON device;
CREATE TRIGGER device_changed AFTER INSERT OR DELETE
    OR UPDATE OF identifier, unit, protocol, address, token_hash, simulated, disabled_at, former_hash, former_until,
                 personal, tolerates_checksum, precedence, datum
    ON device EXECUTE FUNCTION raise_identity_version();
"""


def upgrade() -> None:
    op.execute(DATUM)
