-- Uses a sign-in under way up. $1 SHA-256 of the state. Rows: nonce, verifier. Leans on the primary key.
DELETE FROM openid_flows WHERE state_hash = $1 AND expires_at > now() RETURNING nonce, verifier
