-- How far ahead the weekly partitions of the events reach. Their names end in the day that their week begins.
-- No parameters. One row: how many there are, and how many begin after now. Leans on the catalogue only, so
-- that it answers 0, 0 where the schema isn't there yet.
SELECT count(*),
       count(*) FILTER (WHERE to_timestamp(right(child.relname, 8), 'YYYYMMDD') > now())
FROM pg_inherits AS link
JOIN pg_class AS child ON child.oid = link.inhrelid
WHERE link.inhparent = to_regclass('events')
