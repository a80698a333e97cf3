LISTEN telltale
-- Hears the doorbells of every instance, this one's too. Sent on the listener's own connection, never on a pooled one. No
-- parameters, no rows. The command comes first, so that pg_stat_activity shows which connection listens.
