-- Rings the doorbell of every instance. $1 payload, under 8,000 bytes. One row, of no use. The transaction is not waited
-- for on disk: a bell that a crash swallows is made good by the watchdogs. The channel's name is fixed.
SELECT set_config('synchronous_commit', 'off', true), pg_notify('telltale', $1)
