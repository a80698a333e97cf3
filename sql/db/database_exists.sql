-- Whether the server has a database of this name.
-- $1 text: the name. Rows: one, or none. By the unique index on pg_database.datname.
SELECT 1
FROM pg_catalog.pg_database
WHERE datname = $1
