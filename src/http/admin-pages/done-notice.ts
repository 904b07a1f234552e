import type { Visit } from './admin-frame.ts';
import type { Block } from './admin-page-models.ts';
import { calm } from './cells.ts';

/** What was done a moment ago, after a redirect with `?done=<name>`; nothing for a name that is not among these. */
export function saidBy(visit: Pick<Visit, 'query'>, words: Readonly<Record<string, string>>): readonly Block[] {
  const name = visit.query('done');
  const said = name !== undefined && Object.hasOwn(words, name) ? words[name] : undefined;
  return said === undefined ? [] : [calm(said)];
}
