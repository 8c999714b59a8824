"""Fixes by cell and time, and past days in the order in which tracks are read."""

from alembic import op

revision = "0007"
down_revision = "0006"

CELLS = """
-- Who was in these cells at that time: asked of all units together.
CREATE INDEX fix_cell_fixed_at_index ON fix (cell, fixed_at);
CREATE INDEX kept_fix_cell_fixed_at_index ON kept_fix (cell, fixed_at);
"""

CLUSTER = """
-- Rows come in order of time; a track is read by unit. The store itself notes which index a day was ordered by, so no
-- day is ordered twice. Whoever reads or writes that day waits until it is done.
CREATE FUNCTION cluster_fix_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text := 'fix_' || to_char(day, 'YYYYMMDD');
    ordering text;
BEGIN
    IF day >= (now() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'the day % has not passed', day USING ERRCODE = 'check_violation';
    END IF;
    SELECT child.relname INTO ordering
    FROM pg_index JOIN pg_class AS child ON child.oid = indexrelid JOIN pg_inherits ON inhrelid = indexrelid
    WHERE indrelid = to_regclass('public.' || name) AND inhparent = 'public.fix_unit_fixed_at_index'::regclass
      AND NOT indisclustered;
    IF ordering IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CLUSTER public.%I USING %I', name, ordering);
    EXECUTE format('ANALYZE public.%I', name);
    RETURN true;
END $$;
"""


def upgrade() -> None:
    op.execute(CELLS)
    op.execute(CLUSTER)
