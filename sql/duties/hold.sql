-- Takes or keeps a duty for a while, unless somebody else has it now. $1 name, $2 holder, $3 milliseconds. Rows: one where it is
-- held, by the database's clock. Leans on duties' primary key.
INSERT INTO duties AS d (name, holder, held_until)
VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
WHERE d.holder = excluded.holder OR d.held_until < clock_timestamp()
RETURNING name
