-- Makes the runs that are over searchable too: see V11__search.sql. Apart from it, since this takes its time (some minutes for 10,000,000
-- runs), and holds up nobody who appends: those that went on have their rows, and these change no more.

-- What a purge takes away in the meantime would leave its words behind: purges wait, and go on afterwards.
LOCK TABLE cleanup_items IN EXCLUSIVE MODE;

INSERT INTO run_facets (organization_id, facet, run_key)
SELECT r.organization_id, given.facet, r.run_key
FROM runs r
CROSS JOIN facets_of(r.labels, r.trigger) AS given (facet)
WHERE r.status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
ON CONFLICT DO NOTHING;
INSERT INTO run_words (organization_id, run_key, words)
SELECT r.organization_id, r.run_key, words_of(r.run_id, r.workflow, r.status, r.state)
FROM runs r
WHERE r.status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT')
ON CONFLICT DO NOTHING;
