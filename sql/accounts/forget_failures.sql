-- Forgets the failures of an account whose user has come in. $1 subject. No rows. Leans on the primary key.
DELETE FROM sign_in_failures WHERE subject = $1
