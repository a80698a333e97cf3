-- Marks a user as removed who belongs to nothing but a personal organization, and ends all that is left of it.
-- $1 user. One row: whether the user is removed. Leans on memberships_of_user and sessions_of_user.
WITH removed AS (
    UPDATE users u SET removed_at = now(), password_hash = NULL
    WHERE u.user_id = $1 AND NOT EXISTS (
        SELECT 1 FROM memberships m JOIN organizations o USING (organization_id)
        WHERE m.user_id = u.user_id AND o.personal_of IS NULL)
    RETURNING user_id
), ended AS (
    DELETE FROM sessions WHERE user_id IN (SELECT user_id FROM removed)
), revoked AS (
    DELETE FROM api_tokens WHERE created_by IN (SELECT user_id FROM removed)
), unlinked AS (
    DELETE FROM sign_in_links WHERE user_id IN (SELECT user_id FROM removed)
)
SELECT EXISTS (SELECT 1 FROM removed)
