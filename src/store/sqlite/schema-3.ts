/** What changed since the second schema. */
export const SCHEMA_3 = `
-- what an app's last check-up found, until the app changes: JSON
ALTER TABLE clients ADD COLUMN check_up TEXT;
`;
