-- Makes the weekly partitions of one table ahead. $1 table, $2 from, $3 to. One row: how many were made.
SELECT ensure_partitions($1::text::regclass, $2, $3)
