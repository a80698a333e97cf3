-- Notes when API tokens were last used, many at once. $1 tokens, $2 times. No rows. Leans on the primary key.
UPDATE api_tokens t SET last_used_at = used.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS used (token_id, at)
WHERE t.token_id = used.token_id AND (t.last_used_at IS NULL OR t.last_used_at < used.at)
