"""The audit: rows that nobody changes, and the chain that seals them."""

from alembic import op

revision = "0003"
down_revision = "0002"

AUDIT = """
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    actor_name text NOT NULL,
    session bigint,
    address text,
    action text NOT NULL,
    object text,
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_at_index ON audit (at);
CREATE INDEX audit_actor_index ON audit (actor, id);
CREATE INDEX audit_object_index ON audit (object, id);

-- In the order of sealing. No reference to the row: that one is missing is for the proof to say.
CREATE TABLE audit_seal (
    number bigint PRIMARY KEY,
    row bigint NOT NULL UNIQUE,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    algorithm text NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    EXECUTE FUNCTION refuse_change();
"""

# The application's role is granted everything on new tables (db/cluster.py); here it may only add and read.
ROLES = """
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN SELECT DISTINCT one.grantee FROM information_schema.role_table_grants AS one
                   WHERE one.table_name IN ('audit', 'audit_seal') AND one.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit, audit_seal FROM %I', grantee);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(AUDIT)
    op.execute(ROLES)
