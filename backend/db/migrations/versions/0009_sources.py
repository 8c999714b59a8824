"""Which of a unit's devices is believed first."""

from alembic import op

revision = "0009"
down_revision = "0008"

SOURCES = """
-- Lower wins; null: as its protocol has it.
ALTER TABLE device ADD precedence smallint CHECK (precedence BETWEEN 1 AND 255);
DROP TRIGGER device_changed ON device;
CREATE TRIGGER device_changed AFTER INSERT OR DELETE
    OR UPDATE OF identifier, unit, protocol, address, token_hash, simulated, disabled_at, former_hash, former_until,
                 personal, tolerates_checksum, precedence
    ON device EXECUTE FUNCTION raise_identity_version();
"""


def upgrade() -> None:
    op.execute(SOURCES)
