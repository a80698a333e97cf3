-- Whether the source has a table or view of that name on its search path. $1 name. One row.
SELECT to_regclass(quote_ident($1::text)) IS NOT NULL
