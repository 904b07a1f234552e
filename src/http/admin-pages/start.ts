import type { z } from 'zod';
import { listAttention } from '../../admin/attention.ts';
import type { AdminFrame, Visit } from './admin-frame.ts';
import type { Sheet, TableRow } from './admin-page-models.ts';
import { link, pathTo, soft, table, text, words } from './cells.ts';
import { mayOpen } from './navigation.ts';

type Item = z.output<typeof listAttention.output>['items'][number];

/** `/admin`: what somebody should see to, each with a link to where it is put right. */
export function mountStart(frame: AdminFrame): void {
  frame.get('/admin', async (visit) => startSheet((await visit.perform(listAttention, {})).items, visit));
}

function startSheet(items: readonly Item[], visit: Pick<Visit, 'who'>): Sheet {
  const rows = items.map((item) => rowOf(item, visit));
  const all = 'All is well: apps take what they are told, and nothing waits for you.';
  return {
    headline: items.length === 0 ? 'All is well' : 'What needs attention',
    blocks: items.length === 0 ? [words(all)] : [table('What needs attention', ['What', 'Where'], rows)],
  };
}

function rowOf(item: Item, { who }: Pick<Visit, 'who'>): TableRow {
  const place = placeOf(item);
  if (place === undefined) return { cells: [text(item.message), soft('On the machine of this service')] };
  return { cells: [text(item.message), mayOpen(who, place.href) ? link(place.text, place.href) : soft(place.text)] };
}

/** Where it is put right; undefined where that is not here. */
function placeOf({ kind, client_id: clientId, logout_id: logoutId }: Item) {
  switch (kind) {
    case 'app-fails':
    case 'app-cannot-be-told':
      return clientId === null
        ? { text: 'Clients', href: pathTo('clients') }
        : { text: clientId, href: pathTo('clients', clientId) };
    case 'deliveries':
      return { text: 'Deliveries', href: `${pathTo('deliveries')}?state=trying` };
    case 'walk':
      return { text: 'Its logout', href: pathTo('logouts', logoutId ?? '') };
    case 'keys':
      return { text: 'Keys', href: pathTo('keys') };
    case 'disk':
      return undefined;
  }
}
