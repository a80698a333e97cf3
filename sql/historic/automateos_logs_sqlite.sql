-- AutomateOS on SQLite: the same. ?1 last id known, ?2 most. Columns as they are.
SELECT * FROM executionlog WHERE id > ?1 ORDER BY id LIMIT ?2
