-- Which of these artifacts are recorded, in any organization. $1 uuid[] artifacts. Rows: artifact_id. Leans on artifacts' primary key.
SELECT artifact_id
FROM artifacts
WHERE artifact_id = ANY ($1)
