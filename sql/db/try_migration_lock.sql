-- The right to migrate, until the transaction ends; asked for again and again rather than waited for, so
-- that the wait has a bound. 7410 is telltale's class of locks for migrations.
-- No parameters. Rows: one boolean.
SELECT pg_try_advisory_xact_lock(7410, 1)
