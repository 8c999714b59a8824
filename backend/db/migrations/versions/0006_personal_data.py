"""Holds, kept and coarsened positions, approval by two."""

from alembic import op

revision = "0006"
down_revision = "0005"

OFF_DUTY = """
ALTER TABLE device ADD COLUMN IF NOT EXISTS personal boolean NOT NULL DEFAULT false;
-- Flag 8: measured off duty. Few rows of many, and asked for by unit, newest first.
CREATE INDEX fix_off_duty_index ON fix (unit, fixed_at) WHERE flags & 8 <> 0;
"""

RETENTION = """
-- What must not be let go of: these units over this span of time, as long as the hold has not ended.
CREATE TABLE hold (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('legal', 'case')),
    subject text NOT NULL,
    units bigint[] NOT NULL CHECK (cardinality(units) > 0),
    span tstzrange NOT NULL CHECK (NOT isempty(span) AND NOT lower_inf(span)),
    reason text NOT NULL,
    made_by text NOT NULL,
    made_by_name text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_by text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE TABLE kept_fix (LIKE fix INCLUDING DEFAULTS, PRIMARY KEY (device, fixed_at, digest));
CREATE INDEX kept_fix_unit_fixed_at_index ON kept_fix (unit, fixed_at);
CREATE VIEW stored_fix AS SELECT * FROM fix UNION ALL SELECT * FROM kept_fix;

-- What is left of a position past retention: a cell of resolution 8 and an hour; its moments have whole minutes.
CREATE TABLE coarse_fix (
    unit bigint NOT NULL,
    cell bigint NOT NULL,
    hour timestamptz NOT NULL,
    off_duty boolean NOT NULL,
    fixes bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    district integer NOT NULL,
    squad integer NOT NULL,
    PRIMARY KEY (unit, cell, hour, off_duty)
);
CREATE INDEX coarse_fix_hour_index ON coarse_fix (hour);
CREATE TABLE retention_run (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ended_at timestamptz NOT NULL DEFAULT now(),
    days integer NOT NULL,
    kept bigint NOT NULL,
    coarsened bigint NOT NULL
);

-- One day goes at a time, and none that has not passed or that holds something which must be kept and is not.
DROP FUNCTION drop_fix_days_before(date);
CREATE FUNCTION drop_fix_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'fix_' || to_char(day, 'YYYYMMDD');
    lost bigint;
BEGIN
    IF day >= (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'the day % has not passed', day USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(5808001);
    IF to_regclass(name) IS NULL THEN
        RETURN false;
    END IF;
    -- Whoever makes a hold from here on finds the day gone; whoever made one before is heard.
    LOCK TABLE hold IN SHARE MODE;
    IF EXISTS (SELECT FROM hold WHERE ended_at IS NULL AND span && tstzrange(
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC')) THEN
        EXECUTE format(
            'SELECT count(*) FROM %I AS leaving WHERE EXISTS (SELECT FROM hold WHERE hold.ended_at IS NULL '
            'AND leaving.unit = ANY (hold.units) AND leaving.fixed_at <@ hold.span) '
            'AND NOT EXISTS (SELECT FROM kept_fix AS kept WHERE kept.device = leaving.device '
            'AND kept.fixed_at = leaving.fixed_at AND kept.digest = leaving.digest)', name
        ) INTO lost;
        IF lost > 0 THEN
            RAISE EXCEPTION '% fixes of % are held and not kept', lost, day USING ERRCODE = 'object_in_use';
        END IF;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN true;
END $$;
"""

APPROVAL = """
CREATE TABLE approval (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('purge', 'evidence_deletion', 'bulk_export', 'audit_settings')),
    payload jsonb NOT NULL,
    concerns jsonb NOT NULL,
    reason text NOT NULL,
    asked_by integer NOT NULL REFERENCES person (id),
    asked_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused', 'withdrawn')),
    decided_by integer REFERENCES person (id),
    decided_at timestamptz,
    decided_reason text,
    result jsonb,
    CHECK ((state = 'open') = (decided_by IS NULL)),
    CHECK (state NOT IN ('approved', 'refused') OR decided_by <> asked_by),
    CHECK (state = 'approved' OR result IS NULL)
);
CREATE INDEX approval_state_index ON approval (state, id);

CREATE TABLE audit_setting (
    anchor_hours integer NOT NULL DEFAULT 24 CHECK (anchor_hours BETWEEN 1 AND 24),
    reason_signs integer NOT NULL DEFAULT 3 CHECK (reason_signs BETWEEN 3 AND 50)
);
INSERT INTO audit_setting DEFAULT VALUES;
CREATE UNIQUE INDEX audit_setting_one_row ON audit_setting ((true));

-- The only way to change them: by a request that this very transaction has approved.
CREATE FUNCTION set_audit_settings(request integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wanted jsonb;
BEGIN
    SELECT payload INTO wanted FROM approval
    WHERE id = request AND kind = 'audit_settings' AND state = 'approved' AND result IS NULL
      AND xmin = pg_current_xact_id()::xid;
    IF wanted IS NULL THEN
        RAISE EXCEPTION 'request % is none that was approved just now', request
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE audit_setting SET anchor_hours = COALESCE((wanted ->> 'anchor_hours')::integer, anchor_hours),
                             reason_signs = COALESCE((wanted ->> 'reason_signs')::integer, reason_signs);
END $$;
"""

# The application's role is granted everything on new tables (db/cluster.py); here it may only read.
ROLES = """
DO $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN SELECT DISTINCT one.grantee FROM information_schema.role_table_grants AS one
                   WHERE one.table_name = 'audit_setting' AND one.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_setting FROM %I', grantee);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(OFF_DUTY)
    op.execute(RETENTION)
    op.execute(APPROVAL)
    op.execute(ROLES)
