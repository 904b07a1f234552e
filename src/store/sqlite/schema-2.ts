/** What changed since the first schema. Each index names the query it is for. */
export const SCHEMA_2 = `
-- lists of what is not told, newest first: what somebody must look at
DROP INDEX deliveries_failed;
CREATE INDEX deliveries_untold ON deliveries (state, created_at, id) WHERE state <> 'told';
`;
