-- Notes who did what. $1 organization, $2 actor, $3 action, $4 subject, $5 detail as JSON text, $6 address. No rows.
INSERT INTO audit_log (organization_id, actor, action, subject, detail, address) VALUES ($1, $2, $3, $4, $5::text::json, $6)
