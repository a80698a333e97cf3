-- Takes back V2__runner.sql, with every stored workflow, what is queued, the secrets and the list of artifacts.
DROP FUNCTION claim_runs;
DROP TABLE artifacts;
DROP TABLE secrets;
DROP TABLE run_queue;
DROP TABLE workflow_versions;
DROP TABLE workflows;
