-- Takes back V7__triggers.sql. Webhooks, schedules and notifications are lost.
DELETE FROM event_cursors WHERE name = 'notifications';
DROP INDEX artifacts_newest;
DROP TABLE deliveries;
DROP TABLE notification_cursors;
DROP TABLE notifications;
DROP TABLE schedules;
DROP TABLE webhooks;
