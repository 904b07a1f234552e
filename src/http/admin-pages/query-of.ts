import type { Visit } from './admin-frame.ts';
import type { Field } from './admin-page-models.ts';

/** What the address says of these fields. */
export function queryOf(
  fields: readonly Field[],
  visit: Pick<Visit, 'query'>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(fields.map(({ name }) => [name, visit.query(name)?.trim()]));
}
