-- Takes back V13__artifacts.sql. Of an artifact that several organizations have, the last ones are lost.
DELETE FROM artifacts a USING artifacts other WHERE other.artifact_id = a.artifact_id AND other.run_key < a.run_key;
ALTER TABLE artifacts DROP CONSTRAINT artifacts_pkey, ADD PRIMARY KEY (artifact_id);
