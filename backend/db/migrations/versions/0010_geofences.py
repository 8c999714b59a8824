"""Geofences and their crossings, alarms of units, facts that cannot be stored."""

from alembic import op

revision = "0010"
down_revision = "0009"

GEOFENCES = """
CREATE TABLE geofence (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version bigint NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    shape geometry(MultiPolygon, 4326) NOT NULL CHECK (ST_IsValid(shape) AND NOT ST_IsEmpty(shape)),
    -- The shape's index, as of an area: whole cells compacted, those that its border crosses at the finest resolution.
    whole bigint[] NOT NULL,
    border bigint[] NOT NULL,
    shaped_at bigint NOT NULL,
    body integer NOT NULL REFERENCES node (id),
    bodies integer[] CHECK (cardinality(bodies) > 0),
    units bigint[] CHECK (cardinality(units) > 0),
    hours jsonb,
    tells text NOT NULL CHECK (tells IN ('enter', 'leave', 'both')),
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_to timestamptz,
    created_by text NOT NULL,
    created_by_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CHECK (bodies IS NULL OR units IS NULL),
    CHECK (valid_to > valid_from)
);
CREATE INDEX geofence_version_index ON geofence (version);
CREATE TABLE geofence_version (version bigint NOT NULL);
INSERT INTO geofence_version VALUES (1);
CREATE UNIQUE INDEX geofence_version_one_row ON geofence_version ((true));
-- Raised by the database itself, so that no writer can forget it; the one row stays locked until the commit, so the
-- order of versions is the order of commits, and whoever knows one reads on from it. `shaped_at`: the version at which
-- the shape was last another one.
CREATE FUNCTION raise_geofence_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE geofence_version SET version = version + 1 RETURNING version INTO NEW.version;
    IF TG_OP = 'INSERT' OR NOT ST_OrderingEquals(NEW.shape, OLD.shape) THEN
        NEW.shaped_at := NEW.version;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER geofence_changed BEFORE INSERT OR UPDATE ON geofence
    FOR EACH ROW EXECUTE FUNCTION raise_geofence_version();
"""

FACTS = """
CREATE TABLE geofence_crossing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fact text NOT NULL UNIQUE,
    geofence integer NOT NULL REFERENCES geofence (id),
    unit bigint NOT NULL,
    device integer NOT NULL,
    entered boolean NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    place geometry(Point, 4326),
    cell bigint NOT NULL,
    district integer NOT NULL,
    squad integer NOT NULL
);
CREATE INDEX geofence_crossing_at_index ON geofence_crossing (at, id);
CREATE INDEX geofence_crossing_geofence_index ON geofence_crossing (geofence, at, id);
CREATE INDEX geofence_crossing_unit_index ON geofence_crossing (unit, at, id);
CREATE TABLE unit_alarm (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fact text NOT NULL UNIQUE,
    unit bigint NOT NULL,
    device integer NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    alarms bigint NOT NULL,
    place geometry(Point, 4326),
    cell bigint NOT NULL,
    district integer NOT NULL,
    squad integer NOT NULL
);
CREATE INDEX unit_alarm_at_index ON unit_alarm (at, id);
CREATE TABLE fact_refused (
    stream_sequence bigint NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    payload bytea NOT NULL
);
"""

# Where it happened, for whoever may see what happens in some cells.
EVENTS = "ALTER TABLE event ADD cell bigint"


def upgrade() -> None:
    op.execute(GEOFENCES)
    op.execute(FACTS)
    op.execute(EVENTS)
