-- A user by e-mail, with what its password is compared with. $1 e-mail in lower case. Rows: user_id, email, name,
-- password_hash, removed. Leans on the unique e-mail.
SELECT user_id, email, name, password_hash, removed_at IS NOT NULL FROM users WHERE email = $1
