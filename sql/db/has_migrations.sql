-- Whether refinery has ever written its history here, before asking for it.
-- No parameters. Rows: one, or none. A look into the catalogue's cache.
SELECT 1
WHERE to_regclass('refinery_schema_history') IS NOT NULL
