-- An artifact keeps its id wherever its run goes: two organizations of one installation may both have imported the run.
ALTER TABLE artifacts DROP CONSTRAINT artifacts_pkey, ADD PRIMARY KEY (artifact_id, run_key);
