"""Devices that were seen, that knock, whose token changes; when partners' keys were used."""

from alembic import op

revision = "0005"
down_revision = "0004"

DEVICES = """
ALTER TABLE device ADD former_hash bytea;
ALTER TABLE device ADD former_until timestamptz;
ALTER TABLE device ADD personal boolean NOT NULL DEFAULT false;
DROP TRIGGER device_changed ON device;
CREATE TRIGGER device_changed AFTER INSERT OR DELETE
    OR UPDATE OF identifier, unit, protocol, address, token_hash, former_hash, former_until, personal, simulated,
                 disabled_at
    ON device EXECUTE FUNCTION raise_identity_version();

-- Apart from `device`, and without its trigger: it is written with every batch of fixes.
CREATE TABLE device_seen (
    device integer PRIMARY KEY REFERENCES device (id),
    seen_at timestamptz NOT NULL
);
-- Written by whoever calls a device port: bounded by its writer, and nothing in it opens anything.
CREATE TABLE unknown_device (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier text NOT NULL CHECK (identifier ~ '^[A-Za-z0-9_.:-]{1,64}$'),
    protocol text NOT NULL,
    token_hash bytea,
    address text,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    count bigint NOT NULL,
    UNIQUE (identifier, protocol)
);
"""

KEYS = """
ALTER TABLE access_key ADD used_at timestamptz;
DROP TRIGGER access_key_changed ON access_key;
-- That a key was used concerns nobody's copy of the organisation.
CREATE TRIGGER access_key_changed AFTER INSERT OR DELETE
    OR UPDATE OF name, key_hash, grants, revoked_at, expires_at, former_hash, former_until
    ON access_key EXECUTE FUNCTION raise_identity_version();
"""


def upgrade() -> None:
    op.execute(DEVICES)
    op.execute(KEYS)
