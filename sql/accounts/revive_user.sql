-- A user who was removed and is invited again. $1 user. No rows.
UPDATE users SET removed_at = NULL WHERE user_id = $1
