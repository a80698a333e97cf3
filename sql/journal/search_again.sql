-- Puts right what a run is found by: see search_again in migrations/V11__search.sql. $1 run key. One row, without a value.
SELECT search_again($1)
