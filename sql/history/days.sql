-- Ended runs by the day, from a day on. $1 organization, $2 workflow ('' for all), $3 first day as text. Rows: day (text), status,
-- duration_class, runs. Leans on run_days' primary key.
SELECT day::text, status, duration_class, runs
FROM run_days
WHERE organization_id = $1 AND workflow = $2 AND day >= $3::text::date
ORDER BY day
