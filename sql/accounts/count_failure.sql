-- Counts a sign-in that is begun as failed until it has ended well. $1 subject, $2 from when failures count. No rows.
INSERT INTO sign_in_failures AS f (subject, failures, last_at) VALUES ($1, 1, now())
ON CONFLICT (subject) DO UPDATE
    SET failures = CASE WHEN f.last_at < $2 THEN 1 ELSE f.failures + 1 END, last_at = now()
