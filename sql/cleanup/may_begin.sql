-- Whether everybody who follows the events has seen what was there when a plan was applied: those with a place in event_cursors, and
-- the teller of the organization's notifications, which moves its cursor with each end of a run that it reads. $1 plan id. One row:
-- seen. Leans on cleanup_plans' primary key and events_ends.
SELECT NOT EXISTS (SELECT FROM event_cursors c WHERE c.seen_to < p.apply_xid)
    AND NOT EXISTS (
        SELECT FROM notifications n
        LEFT JOIN notification_cursors c ON c.organization_id = n.organization_id
        JOIN events e ON e.organization_id = n.organization_id AND e.xid >= n.from_xid AND e.xid < p.apply_xid
            AND (e.xid, e.pos) > (coalesce(c.xid, n.from_xid - 1), coalesce(c.pos, 2147483647))
            AND e.type IN ('RUN_COMPLETED', 'RUN_FAILED', 'RUN_CANCELLED', 'RUN_TERMINATED', 'RUN_TIMED_OUT') AND NOT e.late
        WHERE n.organization_id = p.organization_id AND n.enabled
    ) AS seen
FROM cleanup_plans p
WHERE p.plan_id = $1
