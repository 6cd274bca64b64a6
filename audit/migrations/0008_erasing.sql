-- Erasing by the rights of the tables' owner, so that the portal itself needs no UPDATE on the log.

-- Whether a row that can be seen was written in this very transaction, in a savepoint or not: one
-- that is still going on is no other's.
CREATE FUNCTION audit_written_here(written xid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    here bigint := pg_current_xact_id()::text::bigint;
    -- A row has the low 32 bits: the nearest that ends with them is meant.
    apart bigint := written::text::bigint - (here & 4294967295);
BEGIN
    IF apart > 2147483648 THEN
        apart := apart - 4294967296;
    ELSIF apart < -2147483648 THEN
        apart := apart + 4294967296;
    END IF;
    RETURN pg_xact_status((here + apart)::text::xid8) = 'in progress';
END $$;

-- Blanks all these events of a person, and destroys the key. What the trigger refuses is refused
-- here, too.
CREATE FUNCTION audit_erase(person uuid, ids bigint[], commitments bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    blanked bigint;
BEGIN
    IF EXISTS (
        SELECT organisation_id FROM audit_auditevent WHERE id = ANY (ids) AND employee_id = person
        EXCEPT
        SELECT organisation_id FROM audit_auditevent AS told JOIN audit_unsealed USING (id)
        WHERE employee_id = person AND event = 'employee:erased' AND audit_written_here(told.xmin)
    ) THEN
        RAISE EXCEPTION 'No event of this transaction tells of the erasure.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE audit_auditevent AS event
        SET details = '{}', network = '', commitment = erased.commitment
        FROM unnest(ids, commitments) AS erased (id, commitment)
        WHERE event.id = erased.id AND event.employee_id = person;
    GET DIAGNOSTICS blanked = ROW_COUNT;
    IF blanked = 0 OR blanked <> cardinality(ids) THEN
        RAISE EXCEPTION 'Not all of these are events of this person.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Without the key nobody could tell any more whether they are as they were sealed.
    IF EXISTS (
        SELECT FROM audit_auditevent AS event
        WHERE event.employee_id = person AND event.commitment IS NULL
            AND NOT EXISTS (SELECT FROM audit_unsealed AS waiting WHERE waiting.id = event.id)
    ) THEN
        RAISE EXCEPTION 'Events of this person that are sealed were left out.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM audit_subjectkey WHERE employee_id = person;
END $$;

REVOKE EXECUTE ON FUNCTION audit_erase FROM PUBLIC;

-- Temporary tables last: else whoever calls could make one that passes for the log.
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOREACH each IN ARRAY ARRAY[
        'audit_make_month(text, date)', 'audit_may_drop(text, date)',
        'audit_drop_month(text, date)', 'audit_drop_rest(text)',
        'audit_written_here(xid)', 'audit_erase(uuid, bigint[], bytea[])'
    ]::regprocedure[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', each, current_schema());
    END LOOP;
END $$;
