"""Identity, positions, events: the spine."""

from alembic import op

revision = "0001"
down_revision = None

IDENTITY = """
CREATE TABLE node (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent integer REFERENCES node (id),
    kind text NOT NULL CHECK (kind IN ('city', 'district', 'brigade', 'street', 'squad', 'department')),
    name text NOT NULL,
    name_en text,
    UNIQUE NULLS NOT DISTINCT (parent, name)
);
CREATE TABLE unit (
    number bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 4294967295) PRIMARY KEY,
    squad integer NOT NULL REFERENCES node (id),
    call_sign text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('car', 'e_bike', 'foot', 'command')),
    name text NOT NULL,
    name_en text
);
CREATE TABLE device (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier text NOT NULL UNIQUE CHECK (identifier ~ '^[A-Za-z0-9_.:-]{1,64}$'),
    unit bigint NOT NULL REFERENCES unit (number),
    protocol text NOT NULL,
    address text,
    token_hash bytea NOT NULL,
    simulated boolean NOT NULL DEFAULT false,
    first_seen_at timestamptz,
    disabled_at timestamptz
);
CREATE TABLE unit_duty (
    unit bigint PRIMARY KEY REFERENCES unit (number),
    on_duty boolean NOT NULL,
    since timestamptz NOT NULL
);
CREATE TABLE access_key (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    key_hash bytea NOT NULL UNIQUE,
    grants jsonb NOT NULL,
    revoked_at timestamptz
);
CREATE TABLE identity_version (version bigint NOT NULL);
INSERT INTO identity_version VALUES (1);
CREATE UNIQUE INDEX identity_version_one_row ON identity_version ((true));

-- Raised by the database itself, so that no writer can forget to tell the processes that hold a copy.
CREATE FUNCTION raise_identity_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE identity_version SET version = version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER node_changed AFTER INSERT OR UPDATE OR DELETE ON node EXECUTE FUNCTION raise_identity_version();
CREATE TRIGGER unit_changed AFTER INSERT OR UPDATE OR DELETE ON unit EXECUTE FUNCTION raise_identity_version();
CREATE TRIGGER device_changed AFTER INSERT OR DELETE
    OR UPDATE OF identifier, unit, protocol, address, token_hash, simulated, disabled_at
    ON device EXECUTE FUNCTION raise_identity_version();
CREATE TRIGGER unit_duty_changed AFTER INSERT OR UPDATE OR DELETE ON unit_duty
    EXECUTE FUNCTION raise_identity_version();
CREATE TRIGGER access_key_changed AFTER INSERT OR UPDATE OR DELETE ON access_key
    EXECUTE FUNCTION raise_identity_version();
"""

EVENTS = """
CREATE TABLE event (
    number bigint PRIMARY KEY,
    topic text NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    district integer,
    squad integer,
    unit bigint,
    payload jsonb NOT NULL
);
CREATE TABLE event_counter (number bigint NOT NULL);
INSERT INTO event_counter VALUES (0);
CREATE UNIQUE INDEX event_counter_one_row ON event_counter ((true));
CREATE TABLE part_state (
    part text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('ok', 'away')),
    since timestamptz NOT NULL,
    seen_at timestamptz
);
"""

POSITIONS = """
CREATE TABLE fix (
    device integer NOT NULL,
    unit bigint NOT NULL,
    fixed_at timestamptz NOT NULL,
    digest bigint NOT NULL,
    received_at timestamptz NOT NULL,
    place geometry(Point, 4326) NOT NULL,
    cell bigint NOT NULL,
    speed real,
    heading real,
    accuracy real,
    altitude real,
    alarms bigint NOT NULL,
    flags smallint NOT NULL,
    source smallint NOT NULL,
    district integer NOT NULL,
    squad integer NOT NULL,
    attributes jsonb,
    PRIMARY KEY (device, fixed_at, digest)
) PARTITION BY RANGE (fixed_at);
CREATE INDEX fix_unit_fixed_at_index ON fix (unit, fixed_at);

CREATE TABLE unit_latest (
    unit bigint PRIMARY KEY,
    moment bigint NOT NULL,
    subject text NOT NULL,
    record bytea NOT NULL CHECK (length(record) = 32)
);
CREATE TABLE unit_presence (
    unit bigint PRIMARY KEY REFERENCES unit (number),
    online boolean NOT NULL,
    since timestamptz NOT NULL
);

CREATE TABLE fix_batch (
    incarnation text NOT NULL,
    number bigint NOT NULL,
    stream_sequence bigint NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (incarnation, number)
);
CREATE TABLE fix_tally (
    incarnation text NOT NULL,
    source text NOT NULL,
    cumulative bigint NOT NULL,
    received bigint NOT NULL,
    stored bigint NOT NULL,
    repeat bigint NOT NULL,
    rejected jsonb NOT NULL,
    PRIMARY KEY (incarnation, source)
);
CREATE TABLE fix_batch_refused (
    stream_sequence bigint NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    payload bytea NOT NULL
);

-- The application's role may not create tables; days come and go through these two functions only.
CREATE FUNCTION ensure_fix_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE name text := 'fix_' || to_char(day, 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(5808001);
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF fix FOR VALUES FROM (%L) TO (%L)', name,
                   day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    RETURN true;
END $$;
CREATE FUNCTION drop_fix_days_before(day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old record;
    dropped integer := 0;
BEGIN
    FOR old IN SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
               WHERE inhparent = 'fix'::regclass AND child.relname < 'fix_' || to_char(day, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', old.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute(IDENTITY)
    op.execute(EVENTS)
    op.execute(POSITIONS)
