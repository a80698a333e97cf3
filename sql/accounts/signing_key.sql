-- A public key. $1 kid. Rows: public_key. Leans on the primary key.
SELECT public_key FROM signing_keys WHERE kid = $1 AND expires_at > now()
