-- Ties a user that has no other to a provider's subject. $1 user, $2 issuer, $3 subject. One row (user_id) where that could be done.
UPDATE users SET openid_issuer = $2, openid_subject = $3
WHERE user_id = $1 AND openid_subject IS NULL
RETURNING user_id
