-- AutomateOS: how many executions there are. One row.
SELECT count(*) FROM executionlog
