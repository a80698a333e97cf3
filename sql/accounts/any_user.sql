-- Whether there are accounts, which ends the free pass of loopback. One row: a boolean. Leans on users' primary key.
SELECT EXISTS (SELECT 1 FROM users)
