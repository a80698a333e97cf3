-- Gives a duty up, so that another need not wait for its end. $1 name, $2 holder. No rows. Leans on duties' primary key.
DELETE FROM duties
WHERE name = $1 AND holder = $2
