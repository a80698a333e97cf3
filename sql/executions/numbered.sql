-- The run that has a number. $1 organization, $2 number. At most one row: run_id. Leans on run_numbers' unique
-- (organization_id, number).
SELECT r.run_id
FROM run_numbers n
JOIN runs r ON r.run_key = n.run_key
WHERE n.organization_id = $1 AND n.number = $2
