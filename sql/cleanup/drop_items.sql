-- Forgets a plan's list, or what a listing that broke off left of it. $1 plan id. No rows. Leans on cleanup_items' primary key.
DELETE FROM cleanup_items
WHERE plan_id = $1
