-- ShipSec Studio: the files of these runs, with where their bytes are. $1 run ids. Rows: JSON.
SELECT (to_jsonb(a) || jsonb_build_object('file', to_jsonb(f)))::text
FROM artifacts a LEFT JOIN files f ON f.id = a.file_id
WHERE a.run_id = ANY($1::text[]) ORDER BY a.run_id, a.id
