-- AutomateOS on SQLite: the same. Columns as they are.
SELECT * FROM "user" ORDER BY id
