-- AutomateOS: all users with their bcrypt hashes. Rows: JSON.
SELECT to_jsonb(u)::text FROM "user" u ORDER BY u.id
