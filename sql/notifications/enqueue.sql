-- Moves an organization's cursor on and writes what is to be delivered, both or neither; nothing where the cursor was moved meanwhile.
-- $1 organization, $2 xid and $3 pos where the cursor was (null: nowhere), $4 xid and $5 pos where it is to be, $6 uuid[] deliveries, $7 uuid[]
-- notifications, $8 text[] runs, $9 text[] statuses, $10 text[] bodies, $11 now. One row: whether it was moved. Leans on
-- notification_cursors' and deliveries' primary keys.
WITH moved AS (
    INSERT INTO notification_cursors AS c (organization_id, xid, pos)
    VALUES ($1, $4, $5)
    ON CONFLICT (organization_id) DO UPDATE SET xid = excluded.xid, pos = excluded.pos
    WHERE c.xid = $2::bigint AND c.pos = $3::integer
    RETURNING 1
), written AS (
    INSERT INTO deliveries (delivery_id, notification_id, organization_id, run_id, status, body, state, created_at, next_attempt_at)
    SELECT d.id, d.notification, $1, d.run, d.status, d.body, 'waiting', $11, $11
    FROM unnest($6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[]) AS d (id, notification, run, status, body)
    -- One that was taken away meanwhile is told nothing.
    JOIN notifications n ON n.notification_id = d.notification AND n.organization_id = $1
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (delivery_id) DO NOTHING
)
SELECT EXISTS (SELECT FROM moved)
