-- No month goes before it has been kept for the least that the settings take, by PostgreSQL's own
-- clock: whoever works as the portal's role can write the event that tells of a drop, too.

-- Refuses to let a month go that is too young, that no event of this transaction tells of, or of
-- which something is not sealed.
CREATE OR REPLACE FUNCTION audit_may_drop(class text, month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    begun timestamp := date_trunc('month', month::timestamp);
    first timestamptz := begun AT TIME ZONE 'UTC';
    next timestamptz := (begun + interval '1 month') AT TIME ZONE 'UTC';
    -- Those of LEAST_MONTHS_KEPT in portal/env.py.
    least integer := CASE class WHEN 'security' THEN 3 ELSE 12 END;
BEGIN
    -- A month before Christ would have the name of one of today.
    IF begun >= date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => least)
        OR begun < '1970-01-01'
    THEN
        RAISE EXCEPTION '% % is not old enough to be dropped.', class, to_char(month, 'YYYY-MM')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_auditevent AS told JOIN audit_unsealed USING (id)
        WHERE told.event = 'retention:dropped' AND audit_written_here(told.xmin)
            AND told.details ->> 'kept' = class
            AND told.details ->> 'month' = to_char(month, 'YYYY-MM')
    ) THEN
        RAISE EXCEPTION 'No event of this transaction tells that % % is dropped.',
            class, to_char(month, 'YYYY-MM') USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM audit_unsealed AS u WHERE u.kept = class AND u.at >= first AND u.at < next)
    THEN
        RAISE EXCEPTION '% % has events that are not sealed.', class, to_char(month, 'YYYY-MM')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION audit_may_drop(text, date) SET search_path = %I, pg_temp', current_schema());
END $$;
