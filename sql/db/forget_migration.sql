-- Takes a step out of refinery's history, in the transaction that takes back the step itself.
-- $1 int4: the version. No rows. By the primary key.
DELETE FROM refinery_schema_history
WHERE version = $1
