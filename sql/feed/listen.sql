-- Hears the doorbells of every instance, this one's too. Sent on the listener's own connection, never on a pooled one. No
-- parameters, no rows.
LISTEN telltale
