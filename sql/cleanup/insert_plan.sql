-- Notes a plan. $1 plan id, $2 organization, $3 what, $4 criteria (JSON text), $5 digest, $6 runs, $7 events, $8 lines, $9 bytes,
-- $10 artifacts, $11 sample (JSON text), $12 made at, $13 expires at. No rows.
INSERT INTO cleanup_plans (plan_id, organization_id, what, criteria, state, digest, runs, events, lines, bytes, artifacts,
    sample, created_at, expires_at)
VALUES ($1, $2, $3, $4::text::json, 'planned', $5, $6, $7, $8, $9, $10, $11::text::json, $12, $13)
