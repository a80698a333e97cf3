-- Whether a file of SQLite has a table or view of that name. ?1 name. One row.
SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?1)
