-- Adopts the events of a dump that was restored into another cluster: see migrations/V9__operations.sql. One row: how many.
SELECT adopt_restored_events()
