-- Gives a user a password; sessions opened with another one end. $1 user, $2 argon2id in PHC form. No rows. Leans on the primary key.
WITH ended AS (DELETE FROM sessions WHERE user_id = $1)
UPDATE users SET password_hash = $2 WHERE user_id = $1
