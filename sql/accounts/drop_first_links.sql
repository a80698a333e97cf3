-- Forgets the links for a first user: there is one now, or a newer link. No parameters, no rows.
DELETE FROM sign_in_links WHERE user_id IS NULL
