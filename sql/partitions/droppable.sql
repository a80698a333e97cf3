-- Weekly partitions that purges have emptied, and tables that are left of a detaching that broke off. Only weeks that no new run can
-- fall into, and only those that had runs: one that an import has just made is empty for another reason.
-- Rows: detach (statement or null), drop (statement). Leans on the catalogue, runs' primary key and run_tombstones' unique run_key.
-- Materialized, since the week may only be read out of the names of partitions: those of other tables end in no date.
WITH parts AS MATERIALIZED (
    SELECT i.inhparent::regclass AS parent, c.relname AS name, i.inhdetachpending AS is_pending,
        to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC' AS week
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent IN ('events'::regclass, 'log_chunks'::regclass, 'log_segments'::regclass) AND c.relkind = 'r'
)
SELECT format('ALTER TABLE %s DETACH PARTITION %I %s', p.parent, p.name,
        CASE WHEN p.is_pending THEN 'FINALIZE' ELSE 'CONCURRENTLY' END) AS detach,
    format('DROP TABLE IF EXISTS %I', p.name) AS drop
FROM parts p
WHERE p.week + interval '21 days' < now()
    AND NOT EXISTS (
        SELECT FROM runs r WHERE r.run_key >= run_key_floor(p.week) AND r.run_key < run_key_floor(p.week + interval '7 days'))
    AND (p.is_pending OR EXISTS (
        SELECT FROM run_tombstones t
        WHERE t.run_key >= run_key_floor(p.week) AND t.run_key < run_key_floor(p.week + interval '7 days')))
UNION ALL
SELECT NULL, format('DROP TABLE IF EXISTS %I', c.relname)
FROM pg_class c
WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
    AND c.relkind = 'r' AND NOT c.relispartition AND c.relname ~ '^(events|log_chunks|log_segments)_[0-9]{8}$'
