-- Sign-ins that were begun for an account and from an address, locked. $1 subjects. Rows: subject, failures, last_at. Leans on the
-- primary key.
SELECT subject, failures, last_at FROM sign_in_failures WHERE subject = ANY ($1) ORDER BY subject FOR UPDATE
