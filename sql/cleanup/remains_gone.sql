-- Notes that these are removed. $1 bigint[]. No rows. Leans on purge_remains' primary key.
DELETE FROM purge_remains
WHERE remain_id = ANY ($1)
