-- Takes the locks of a flush ahead of loading, for the try that must not lose a race again.
-- $1 integer[] sorted buckets; held to the end of the transaction. Rows: none of use.
SELECT count(pg_advisory_xact_lock(7413, bucket)) FROM unnest($1) AS bucket
