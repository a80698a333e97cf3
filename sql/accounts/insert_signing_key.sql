-- Makes a public key known to every server. $1 kid, $2 key, $3 when nothing signed by it holds any more. No rows.
INSERT INTO signing_keys (kid, public_key, expires_at) VALUES ($1, $2, $3)
