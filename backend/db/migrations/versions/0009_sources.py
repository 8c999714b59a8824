"""Which of a unit's devices is believed first, and what is sent to devices."""

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

COMMANDS = """
CREATE TABLE device_command (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device integer NOT NULL REFERENCES device (id),
    kind text NOT NULL CHECK (kind = 'text'),
    payload text NOT NULL,
    created_by text NOT NULL,
    created_by_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'sent', 'delivered', 'refused', 'expired', 'cancelled')),
    sent_at timestamptz,
    settled_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    answer smallint
);
CREATE INDEX device_command_device ON device_command (device, id);
CREATE INDEX device_command_open ON device_command (expires_at) WHERE state IN ('queued', 'sent');
"""


def upgrade() -> None:
    op.execute(SOURCES)
    op.execute(COMMANDS)
