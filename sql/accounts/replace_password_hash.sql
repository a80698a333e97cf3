-- Replaces a hash by another of the same password; no session ends by it, and another password that was set meanwhile stays.
-- $1 user, $2 the old hash, $3 argon2id in PHC form. No rows. Leans on the primary key.
UPDATE users SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2
