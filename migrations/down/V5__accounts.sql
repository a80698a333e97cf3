-- Takes accounts back; runs keep the organization they were recorded for.
DROP TABLE openid_flows, audit_log, sign_in_failures, signing_keys, tickets, sign_in_links, api_tokens, sessions, memberships;
ALTER TABLE organizations DROP COLUMN personal_of;
DROP TABLE users, organizations;
