-- Uses a one-time link up. $1 SHA-256. Rows: user_id or null, organization_id. Leans on the primary key.
DELETE FROM sign_in_links WHERE hash = $1 AND expires_at > now() RETURNING user_id, organization_id
