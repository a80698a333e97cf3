-- ShipSec Studio: how many runs there are, as far as the table of runs knows. One row.
SELECT count(*) FROM workflow_runs
