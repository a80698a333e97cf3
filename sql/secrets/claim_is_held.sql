-- Whether a run is held under this claim: the claim is the newest one and its lease has not lapsed.
-- $1 organization, $2 run key, $3 claim. One row: held. Leans on run_queue's primary key.
SELECT EXISTS (
    SELECT FROM run_queue
    WHERE run_key = $2 AND organization_id = $1 AND claim = $3 AND lease_until > now()
)
