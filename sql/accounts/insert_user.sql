-- Adds a user. $1 user, $2 e-mail in lower case, $3 name or null. One row (user_id) unless the e-mail is taken. Leans on the unique e-mail.
INSERT INTO users (user_id, email, name) VALUES ($1, $2, $3)
ON CONFLICT (email) DO NOTHING
RETURNING user_id
