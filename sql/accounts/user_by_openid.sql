-- The user that a provider's subject is. $1 issuer, $2 subject. Rows: user_id, email, name, password_hash, removed. Leans on the unique
-- (openid_issuer, openid_subject).
SELECT user_id, email, name, password_hash, removed_at IS NOT NULL FROM users WHERE openid_issuer = $1 AND openid_subject = $2
