-- Uses a ticket up. $1 SHA-256. Rows: kind, id. Leans on the primary key.
DELETE FROM tickets WHERE hash = $1 AND expires_at > now() RETURNING kind, id
