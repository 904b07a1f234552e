import { z } from 'zod';
import { canBeTold } from '../clients/can-be-told.ts';
import type { RegisteredClient } from '../clients/registry.ts';
import type { Admin } from './admin.ts';
import { listOf } from './input.ts';
import { useCase } from './use-case.ts';

/** So many of one kind are named; nobody sees to more at once. */
const NAMED_MAX = 20;
/** Origins that are looked at; a service has fewer that fail at a time. */
const ORIGINS_MAX = 1_000;

const attentionItem = z.strictObject({
  /** What it is about, and so where it is put right. */
  kind: z.enum(['app-fails', 'deliveries', 'walk', 'keys', 'disk', 'app-cannot-be-told']),
  message: z.string(),
  client_id: z.string().nullable(),
  logout_id: z.string().nullable(),
});

type Item = z.output<typeof attentionItem>;

export const listAttention = useCase({
  scope: 'signoff.read',
  role: 'support',
  name: 'attention.list',
  summary: 'List what somebody should see to, the most urgent first; empty where all is well.',
  input: z.strictObject({}),
  output: listOf(attentionItem),
  async run(admin) {
    await admin.registry.refresh();
    const apps = admin.registry.all().filter(({ state }) => state !== 'removed');
    const found = await Promise.all([failing(admin, apps), standing(admin), walks(admin)]);
    return { items: [...found.flat(), ...untold(apps)], next: null };
  },
});

function item(kind: Item['kind'], message: string, about: Partial<Item> = {}): Item {
  return { kind, message, client_id: null, logout_id: null, ...about };
}

/** Apps that are left alone between probes, because they failed again and again. */
async function failing({ store }: Admin, apps: readonly RegisteredClient[]): Promise<readonly Item[]> {
  const shut = new Set(await store.figures.shutOrigins(ORIGINS_MAX));
  const found = apps.filter(({ client }) => shut.has(URL.parse(client.backchannel_logout_uri ?? '')?.origin ?? ''));
  return named(found, 'app-fails', (name) => `${name} does not take what it is told; it is tried again now and then.`);
}

async function standing({ standingWarnings }: Admin): Promise<readonly Item[]> {
  const looks = Object.entries(standingWarnings).map(async ([kind, look]) => {
    const said = await look();
    return said === undefined ? [] : [item(kind as keyof typeof standingWarnings, sentence(said))];
  });
  return (await Promise.all(looks)).flat();
}

/** Those that are paused first: nothing else lets them go on. */
async function walks({ store }: Admin): Promise<readonly Item[]> {
  const [paused, walking] = await Promise.all([store.logouts.paused(NAMED_MAX), store.logouts.walking(NAMED_MAX)]);
  const stand = 'All that it ends is dead already;';
  return [
    ...paused.map((id) =>
      item('walk', `A large logout is paused. ${stand} its apps wait to be told.`, { logout_id: id }),
    ),
    ...walking.map((id) =>
      item('walk', `A large logout is under way. ${stand} its apps are being told.`, { logout_id: id }),
    ),
  ];
}

function untold(apps: readonly RegisteredClient[]): readonly Item[] {
  const found = apps.filter(({ state, client }) => state === 'active' && !canBeTold(client));
  return named(
    found,
    'app-cannot-be-told',
    (name) => `${name} has no logout address: it cannot be told when a session ends.`,
  );
}

function named(
  found: readonly RegisteredClient[],
  kind: Item['kind'],
  words: (name: string) => string,
): readonly Item[] {
  const shown = found
    .slice(0, NAMED_MAX)
    .map(({ client }) => item(kind, words(client.client_name), { client_id: client.client_id }));
  const rest = found.length - shown.length;
  return rest > 0 ? [...shown, item(kind, `${rest} more apps are like this.`)] : shown;
}

function sentence(said: string): string {
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}
