-- A user by id. $1 user. Rows: user_id, email, name, password_hash, removed. Leans on the primary key.
SELECT user_id, email, name, password_hash, removed_at IS NOT NULL FROM users WHERE user_id = $1
