-- Whether an index or a statistic of a table `c` may be of something that is computed: what follows
-- the columns before.
  , EXISTS (
    SELECT 1
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = c.oid
      AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
  )
  OR EXISTS (
    SELECT 1
    FROM pg_catalog.pg_statistic_ext AS s
    WHERE s.stxrelid = c.oid
  )
