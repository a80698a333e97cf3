-- Keeps what an answer of the OpenID provider is held against. $1 SHA-256 of the state, $2 nonce, $3 verifier, $4 its end. No rows.
INSERT INTO openid_flows (state_hash, nonce, verifier, expires_at) VALUES ($1, $2, $3, $4)
