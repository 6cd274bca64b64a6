-- The log as PostgreSQL keeps it: partitions by class of retention and month, append-only, and a
-- queue of what is not sealed yet (ADR 0019).

ALTER TABLE audit_auditevent RENAME TO audit_before;
ALTER INDEX audit_by_organisation RENAME TO audit_before_by_organisation;
ALTER INDEX audit_by_employee RENAME TO audit_before_by_employee;
ALTER INDEX audit_by_reference RENAME TO audit_before_by_reference;

CREATE SEQUENCE audit_event_id AS bigint;

CREATE TABLE audit_auditevent (
    id bigint NOT NULL DEFAULT nextval('audit_event_id'),
    at timestamptz NOT NULL,
    event varchar(40) NOT NULL,
    kept varchar(10) NOT NULL CHECK (kept IN ('security', 'decision')),
    organisation_id uuid,
    employee_id uuid,
    actor varchar(100) NOT NULL,
    reference varchar(7) NOT NULL,
    reason varchar(60) NOT NULL,
    network varchar(43) NOT NULL,
    details jsonb NOT NULL,
    commitment bytea CHECK (length(commitment) = 32),
    PRIMARY KEY (id, kept, at)
) PARTITION BY LIST (kept);

ALTER SEQUENCE audit_event_id OWNED BY audit_auditevent.id;

CREATE TABLE audit_security PARTITION OF audit_auditevent
    FOR VALUES IN ('security') PARTITION BY RANGE (at);
CREATE TABLE audit_decision PARTITION OF audit_auditevent
    FOR VALUES IN ('decision') PARTITION BY RANGE (at);

-- No event is ever refused because nobody made its month in time.
CREATE TABLE audit_security_rest PARTITION OF audit_security DEFAULT;
CREATE TABLE audit_decision_rest PARTITION OF audit_decision DEFAULT;

CREATE INDEX audit_by_organisation ON audit_auditevent (organisation_id, id DESC);
CREATE INDEX audit_by_employee ON audit_auditevent (employee_id, id DESC);
CREATE INDEX audit_by_reference ON audit_auditevent (reference) WHERE NOT reference = '';

-- Append-only, for the tables' owner too.

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % of % was refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- The one change there is: an employee who was erased leaves a commitment where the details stood.
CREATE FUNCTION audit_refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased audit_auditevent := OLD;
BEGIN
    erased.details := '{}';
    erased.network := '';
    erased.commitment := NEW.commitment;
    IF OLD.commitment IS NULL AND NEW.commitment IS NOT NULL
        AND ROW(NEW.*) IS NOT DISTINCT FROM ROW(erased.*)
        AND EXISTS (
            SELECT FROM audit_auditevent AS told
            WHERE told.employee_id = OLD.employee_id AND told.event = 'employee:erased'
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only: UPDATE of % was refused.', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_all_but_erasure();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_security
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_decision
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_security_rest
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_decision_rest
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- What is written and not sealed. Transactions end in another order than that in which they took
-- their ids: whoever went by the highest id would never seal the event of a long import.

CREATE FUNCTION audit_queue_for_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (id, kept, at) SELECT id, kept, at FROM fresh;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_to_be_sealed AFTER INSERT ON audit_auditevent
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION audit_queue_for_sealing();

-- Months. By the rights of the tables' owner, so that the portal itself needs no more than INSERT
-- and SELECT.

CREATE FUNCTION audit_partition(class text, month date) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT format('audit_%s_%s', class, to_char(month, 'YYYY_MM')) $$;

-- Gives whether the partition was made; not where it stands already, nor where events of the month
-- are among the rest.
CREATE FUNCTION audit_make_month(class text, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    name text := audit_partition(class, month);
    first timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (date_trunc('month', month) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF class NOT IN ('security', 'decision') THEN
        RAISE EXCEPTION 'There is no class % of retention.', class;
    END IF;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        name, 'audit_' || class, first, next);
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', name);
    RETURN true;
EXCEPTION WHEN check_violation THEN
    RETURN false;
END $$;

-- Refuses to let a month go that no event of this hour tells of, or of which something is not
-- sealed.
CREATE FUNCTION audit_may_drop(class text, month date) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    first timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    next timestamptz := (date_trunc('month', month) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_auditevent
        WHERE event = 'retention:dropped' AND at > now() - interval '1 hour'
            AND details ->> 'kept' = class AND details ->> 'month' = to_char(month, 'YYYY-MM')
    ) THEN
        RAISE EXCEPTION 'No event tells that % % is dropped.', class, to_char(month, 'YYYY-MM')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM audit_unsealed AS u WHERE u.kept = class AND u.at >= first AND u.at < next)
    THEN
        RAISE EXCEPTION '% % has events that are not sealed.', class, to_char(month, 'YYYY-MM')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION audit_drop_month(class text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM audit_may_drop(class, month);
    EXECUTE format('DROP TABLE %I', audit_partition(class, month));
END $$;

-- Drops the rest, all months of it.
CREATE FUNCTION audit_drop_rest(class text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    rest text := format('audit_%s_rest', class);
    month date;
BEGIN
    FOR month IN EXECUTE format(
        'SELECT DISTINCT date_trunc(''month'', at AT TIME ZONE ''UTC'')::date FROM %I', rest)
    LOOP
        PERFORM audit_may_drop(class, month);
    END LOOP;
    EXECUTE format('DROP TABLE %I', rest);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', rest, 'audit_' || class);
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', rest);
END $$;

-- The months of what was written before, this one and three ahead.
DO $$
DECLARE
    this date := date_trunc('month', now() AT TIME ZONE 'UTC');
    first date := (SELECT min(at) FROM audit_before WHERE at > now() - interval '5 years');
    month date;
BEGIN
    FOR month IN SELECT generate_series(
        date_trunc('month', coalesce(first, this)), this + interval '3 months', interval '1 month')
    LOOP
        PERFORM audit_make_month('security', month), audit_make_month('decision', month);
    END LOOP;
END $$;

-- What was written before.

INSERT INTO audit_auditevent
    (id, at, event, kept, organisation_id, employee_id, actor, reference, reason, network, details)
SELECT id, at, event,
    CASE WHEN event ~ '^(sign-in|session|person|mail|administrator:sign-in|link:code|block|invitation:opened)'
        THEN 'security' ELSE 'decision' END,
    organisation_id, employee_id, actor, reference, reason, '', details
FROM audit_before ORDER BY id;
SELECT setval('audit_event_id', greatest((SELECT max(id) FROM audit_before), 1),
    EXISTS (SELECT FROM audit_before));
DROP TABLE audit_before;
