import { changeClient, renewSecret } from '../../admin/client-changes.ts';
import { clientHealth } from '../../admin/client-health.ts';
import { removeClient } from '../../admin/client-removal.ts';
import { showSnippet } from '../../admin/client-snippets.ts';
import { showClient } from '../../admin/clients.ts';
import { listDeliveries, showDelivery } from '../../admin/deliveries.ts';
import { previewLogout } from '../../admin/logouts.ts';
import { probeClient } from '../../admin/probe.ts';
import { FRAMEWORK_NAMES, FRAMEWORKS } from '../../clients/client-snippets.ts';
import { filterBlock, readFields } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Field, FormButton, Sheet } from './admin-page-models.ts';
import { afterEnd } from './after-end.ts';
import { addressOf, button, heading, pathTo, words } from './cells.ts';
import {
  type Answered,
  type Client,
  deliveryTable,
  factsOf,
  healthBlocks,
  probeSheet,
  secretSheet,
} from './client-sheets.ts';
import { saidBy } from './done-notice.ts';
import { mayOpen } from './navigation.ts';
import { previewPoints } from './preview-points.ts';
import { REASON } from './reason-field.ts';

const DONE = { made: 'The app is registered.', changed: 'The app is changed.' };

/** Of its last deliveries; all of them are on the page of deliveries. */
const DELIVERIES_SHOWN = 10;

/** `/admin/clients/<id>`: one app, how it does, and what can be done. */
export function mountClient(frame: AdminFrame): void {
  frame.get('/admin/clients/:client', clientSheet);
  frame.get('/admin/clients/:client/snippet', snippetSheet);
  frame.post('/admin/clients/:client/probe', probe);
  frame.post('/admin/clients/:client/secret', secret);
  frame.post('/admin/clients/:client/remove', remove);
}

async function clientSheet(visit: Visit): Promise<Sheet> {
  const id = visit.param('client');
  const client = await visit.perform(showClient, { id });
  const [health, deliveries] = await Promise.all([visit.perform(clientHealth, { id }), lastDeliveries(visit, id)]);
  const all = addressOf(pathTo('deliveries'), { client: id });
  return {
    headline: String(client['client_name']),
    above: { text: 'Clients', href: pathTo('clients') },
    blocks: [
      ...saidBy(visit, DONE),
      { kind: 'facts', rows: factsOf(client) },
      heading('Health'),
      ...healthBlocks(health),
      heading('Deliveries'),
      deliveryTable(deliveries, visit),
      ...(mayOpen(visit.who, all) ? [{ kind: 'links', links: [{ text: 'All deliveries', href: all }] } as const] : []),
      ...actsFor(client, visit),
    ],
  };
}

async function lastDeliveries(visit: Visit, client: string): Promise<readonly Answered[]> {
  const { items } = await visit.perform(listDeliveries, { client, limit: DELIVERIES_SHOWN });
  return Promise.all(
    items.map(async (row) => {
      const tried = row.attempts > 0 ? await visit.perform(showDelivery, { id: row.id }) : undefined;
      return { ...row, answer: tried?.history.at(-1)?.answer ?? null };
    }),
  );
}

function actsFor(client: Client, visit: Visit): readonly Block[] {
  const { client_id: id, state, file } = client;
  const to = (act: string) => pathTo('clients', id, act);
  if (state === 'removed') return [];
  const isOurs = file === null;
  const buttons: readonly (FormButton | false)[] = [
    visit.may(probeClient) && button('Check up', to('probe')),
    visit.may(renewSecret) && isOurs && client.has_secret && button('New secret', to('secret')),
    visit.may(removeClient) && button('Remove', to('remove')),
  ];
  const shown = buttons.filter((each) => each !== false);
  const links = [
    { text: 'Code for this app', href: to('snippet') },
    ...(visit.may(changeClient) && isOurs ? [{ text: 'Change', href: to('change') }] : []),
  ];
  return [
    heading('What can be done'),
    ...(isOurs ? [] : [words(`A file wins over all else: change ${file} in the folder of client files.`)]),
    { kind: 'links', links },
    ...(shown.length === 0 ? [] : [{ kind: 'buttons', buttons: shown } as const]),
  ];
}

async function probe(visit: WriteVisit): Promise<Answer> {
  const id = visit.param('client');
  const probed = await visit.write({ useCase: probeClient, input: { id }, backHref: pathTo('clients', id) });
  return probed && probeSheet(probed);
}

async function secret(visit: WriteVisit): Promise<Answer> {
  const id = visit.param('client');
  const made = await visit.write({
    useCase: renewSecret,
    input: { id, ...readFields([REASON], visit.values) },
    backHref: pathTo('clients', id),
    confirm: async () => ({
      headline: `A new secret for ${id}?`,
      blocks: [words(renewSecret.summary)],
      button: 'Make a new secret',
      fields: [REASON],
    }),
  });
  return made && secretSheet(id, made.client_secret);
}

async function remove(visit: WriteVisit): Promise<Answer> {
  const id = visit.param('client');
  const removed = await visit.write({
    useCase: removeClient,
    input: { id, ...readFields([REASON], visit.values) },
    backHref: pathTo('clients', id),
    confirm: async () => ({
      headline: `Remove ${id}?`,
      blocks: [words(removeClient.summary), previewPoints(await visit.perform(previewLogout, { client: id }))],
      button: 'Remove it',
      fields: [REASON],
    }),
  });
  return removed && afterEnd(removed.logout_id, `${pathTo('clients')}?done=removed`);
}

const FRAMEWORK: Field = {
  name: 'for',
  label: 'Framework',
  input: 'select',
  options: FRAMEWORKS.map((value) => ({ value, label: FRAMEWORK_NAMES[value] })),
};

async function snippetSheet(visit: Visit): Promise<Sheet> {
  const id = visit.param('client');
  const snippet = await visit.perform(showSnippet, { id, for: visit.query('for') });
  const action = pathTo('clients', id, 'snippet');
  const { notes, files } = snippet;
  // There is always one.
  const { clear: _all, ...choice } = filterBlock({ action, fields: [FRAMEWORK], button: 'Show' }, { for: snippet.for });
  return {
    headline: `Code for ${id}`,
    above: { text: id, href: pathTo('clients', id) },
    blocks: [choice, ...notes.map(words), ...files.map(({ name, text }) => ({ kind: 'listing', name, text }) as const)],
  };
}
