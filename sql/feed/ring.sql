-- Rings the doorbell of every instance. $1 payload, under 8,000 bytes. The channel's name is fixed.
SELECT pg_notify('telltale', $1)
