-- Binds an Idempotency-Key to a run id, or gives the one it is bound to already.
-- $1 organization, $2 key, $3 run id to bind. One row: run_id. Leans on idempotency_keys' primary key.
INSERT INTO idempotency_keys AS k (organization_id, key, run_id)
VALUES ($1, $2, $3)
ON CONFLICT (organization_id, key) DO UPDATE SET run_id = k.run_id
RETURNING run_id
