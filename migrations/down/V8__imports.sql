-- Takes back V8__imports.sql. Imported runs stay; that they were imported, and from where, is forgotten.
DROP TABLE imported_runs;
