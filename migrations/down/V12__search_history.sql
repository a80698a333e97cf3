-- Takes back V12__search_history.sql: what it has filled in is dropped with its tables.
SELECT;
