"""Where each body acts, and what hangs on bodies: seats, vehicles, cameras."""

from alembic import op

revision = "0004"
down_revision = "0003"

AREAS = """
-- For the rule that no two versions of one body's area hold at the same time.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE area (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node integer NOT NULL REFERENCES node (id),
    shape geometry(MultiPolygon, 4326) NOT NULL CHECK (ST_IsValid(shape) AND NOT ST_IsEmpty(shape)),
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL,
    CHECK (valid_to > valid_from),
    EXCLUDE USING gist (node WITH =, tstzrange(valid_from, valid_to) WITH &&)
);
-- The area's index: whole cells compacted; those that its border crosses at the finest resolution, where the shape is
-- asked.
CREATE TABLE area_cell (
    area integer NOT NULL REFERENCES area (id) ON DELETE CASCADE,
    cell bigint NOT NULL,
    whole boolean NOT NULL,
    PRIMARY KEY (cell, area)
);
CREATE INDEX area_cell_area_index ON area_cell (area);
CREATE TRIGGER area_changed AFTER INSERT OR UPDATE OR DELETE ON area EXECUTE FUNCTION raise_identity_version();
"""

BELONGINGS = """
CREATE TABLE seat (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node integer NOT NULL REFERENCES node (id),
    number text NOT NULL UNIQUE CHECK (number ~ '^[A-Za-z0-9-]{1,16}$'),
    name text NOT NULL,
    name_en text
);
CREATE TABLE vehicle (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node integer NOT NULL REFERENCES node (id),
    plate text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('car', 'e_bike', 'command', 'truck')),
    name text,
    unit bigint UNIQUE REFERENCES unit (number)
);
CREATE TABLE camera (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node integer NOT NULL REFERENCES node (id),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    name_en text,
    place geometry(Point, 4326) NOT NULL,
    cell bigint NOT NULL,
    heading real CHECK (heading >= 0 AND heading < 360)
);
CREATE INDEX camera_cell_index ON camera (cell);
"""

# A session that ends closes its sockets, and changes nothing else: whoever keeps a copy of the whole organisation in
# memory need not read it again for that.
SESSIONS = """
ALTER TABLE identity_version ADD sessions bigint NOT NULL DEFAULT 1;
CREATE FUNCTION raise_session_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE identity_version SET sessions = sessions + 1;
    RETURN NULL;
END $$;
DROP TRIGGER session_ended ON session;
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at OR DELETE ON session
    EXECUTE FUNCTION raise_session_version();
"""

# A complaint about a body is hidden from that body and from all beneath it.
ABOUT = "ALTER TABLE event ADD about integer"


def upgrade() -> None:
    op.execute(AREAS)
    op.execute(BELONGINGS)
    op.execute(SESSIONS)
    op.execute(ABOUT)
