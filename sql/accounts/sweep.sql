-- Forgets what is over: sessions, links, tickets, keys, sign-ins under way, failures older than $1. No rows. Leans on the *_by_end indexes.
WITH sessions_gone AS (DELETE FROM sessions WHERE expires_at < now()),
    links_gone AS (DELETE FROM sign_in_links WHERE expires_at < now()),
    tickets_gone AS (DELETE FROM tickets WHERE expires_at < now()),
    keys_gone AS (DELETE FROM signing_keys WHERE expires_at < now()),
    flows_gone AS (DELETE FROM openid_flows WHERE expires_at < now())
DELETE FROM sign_in_failures WHERE last_at < $1
