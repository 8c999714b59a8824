"""People, their grants and sessions: what takes the place of the one generated key."""

from alembic import op

revision = "0002"
down_revision = "0001"

PEOPLE = """
ALTER TABLE node ADD code text UNIQUE;

CREATE TABLE person (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    name text NOT NULL,
    name_en text,
    node integer NOT NULL REFERENCES node (id),
    phone text,
    simulated boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    password_hash text,
    password_set_at timestamptz,
    former_hashes text[] NOT NULL DEFAULT '{}',
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    factor_secret text,
    factor_offered text,
    factor_step bigint NOT NULL DEFAULT 0
);
CREATE INDEX person_node_index ON person (node);
CREATE TABLE recovery_code (
    person integer NOT NULL REFERENCES person (id),
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (person, code_hash)
);
CREATE TABLE enrolment (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person integer NOT NULL REFERENCES person (id),
    token_hash bytea NOT NULL UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
-- Who may do what, where, from when until when. Never changed but for its end.
CREATE TABLE person_grant (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person integer NOT NULL REFERENCES person (id),
    role text,
    atoms text[] NOT NULL DEFAULT '{}',
    scope jsonb NOT NULL,
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz,
    granted_by integer REFERENCES person (id),
    reason text,
    CHECK (role IS NOT NULL OR cardinality(atoms) > 0),
    CHECK (valid_until IS NULL OR valid_until >= valid_from)
);
CREATE INDEX person_grant_person_index ON person_grant (person);
CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person integer NOT NULL REFERENCES person (id),
    token_hash bytea NOT NULL UNIQUE,
    stage text NOT NULL CHECK (stage IN ('password', 'full')),
    lasting boolean NOT NULL DEFAULT false,
    opened_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_why text,
    address text,
    agent text
);
CREATE INDEX session_person_index ON session (person) WHERE ended_at IS NULL;
CREATE INDEX session_ended_at_index ON session (ended_at);

CREATE TRIGGER person_changed AFTER INSERT OR DELETE OR UPDATE OF login, name, name_en, node, disabled_at ON person
    EXECUTE FUNCTION raise_identity_version();
CREATE TRIGGER person_grant_changed AFTER INSERT OR UPDATE OR DELETE ON person_grant
    EXECUTE FUNCTION raise_identity_version();
-- A new session concerns nobody; one that has ended must close its sockets.
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at OR DELETE ON session
    EXECUTE FUNCTION raise_identity_version();
"""

KEYS = """
-- The key that earlier versions printed opens nothing any more: people log in.
DELETE FROM access_key WHERE name = 'operator';
ALTER TABLE access_key ADD made_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE access_key ADD expires_at timestamptz;
ALTER TABLE access_key ADD former_hash bytea UNIQUE;
ALTER TABLE access_key ADD former_until timestamptz;
"""


def upgrade() -> None:
    op.execute(PEOPLE)
    op.execute(KEYS)
