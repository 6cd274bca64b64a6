-- No event is taken in that sealing, the verifier or a page could not read: one that came past the
-- portal, by the role that can only add, would stand in everyone's way for good. What is there has
-- been read; to look at it once more would hold up every sign-in meanwhile.

ALTER TABLE audit_auditevent
    ADD CONSTRAINT audit_event_has_a_positive_id CHECK (id > 0) NOT VALID,
    -- What Python's clock holds, in every time zone, in a year of four digits.
    ADD CONSTRAINT audit_event_has_a_time_to_read
        CHECK (at >= '1970-01-01 00:00+00' AND at < '9999-01-01 00:00+00') NOT VALID,
    -- An object of few levels, in which every number is whole and of 18 digits at most, far from the
    -- longest line that the verifier takes.
    ADD CONSTRAINT audit_event_has_details_to_read CHECK (
        jsonb_typeof(details) = 'object'
        AND octet_length(details::text) <= 300000
        AND NOT jsonb_path_exists(details, 'strict $.**{10 to last}')
        AND jsonb_path_query_array(details, 'strict $.** ? (@.type() == "number")')::text
            !~ '[.]|[0-9]{19}'
    ) NOT VALID;

-- The queue tells sealing where to look.
ALTER TABLE audit_unsealed
    ADD CONSTRAINT audit_unsealed_has_a_time_to_read
        CHECK (at >= '1970-01-01 00:00+00' AND at < '9999-01-01 00:00+00');

-- What an empty key opens would look edited.
ALTER TABLE audit_subjectkey ADD CONSTRAINT audit_subjectkey_is_whole CHECK (length(key) = 32);
