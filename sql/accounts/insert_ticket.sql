-- Keeps a ticket. $1 SHA-256, $2 kind of who made it, $3 its id or null, $4 its end. No rows.
INSERT INTO tickets (hash, kind, id, expires_at) VALUES ($1, $2, $3, $4)
