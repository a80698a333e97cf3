-- The steps of the schema that were applied, oldest first.
-- No parameters. Rows: version int4, name, applied_on (RFC 3339, as refinery writes it). A few rows, scanned whole.
SELECT version, name, applied_on
FROM refinery_schema_history
ORDER BY version
