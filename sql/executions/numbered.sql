-- The run that has a number, be it one that an imported run had before and was not listed by yet. $1 organization, $2 number. At most one
-- row: run_id. Leans on run_numbers' unique (organization_id, number) and runs' unique (organization_id, run_id).
SELECT r.run_id
FROM run_numbers n
JOIN runs r ON r.run_key = n.run_key
WHERE n.organization_id = $1 AND n.number = $2
UNION ALL
SELECT r.run_id
FROM runs r
WHERE r.organization_id = $1 AND r.run_id = 'automateos-' || $2::text
LIMIT 1
