import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client-file.ts';
import type { Rejected } from '../../../src/clients/load-clients.ts';
import { createRegistry, type Registry } from '../../../src/clients/registry.ts';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';
import type { Facts } from '../../../src/ops/log.ts';
import type { ClientRecord } from '../../../src/store/store.ts';
import { aClient } from './a-client.ts';

let records: Map<string, ClientRecord>;
let saves: number;
let reads: number;
let lines: { event: string; facts: Facts | undefined }[];
let registry: Registry;

beforeEach(() => {
  records = new Map();
  saves = 0;
  reads = 0;
  lines = [];
  registry = aRegistry();
});

function aRegistry(): Registry {
  const note = (event: string, facts?: Facts) => void lines.push({ event, facts });
  return createRegistry({
    store: {
      all: async () => {
        reads += 1;
        return [...records.values()];
      },
      version: async () => String(saves),
      register: async () => 'taken',
      replace: async () => 'changed',
      checkedUp: async () => undefined,
      save: async (some) => {
        saves += 1;
        for (const one of some) records.set(one.clientId, one);
      },
    },
    box: createCryptoBox(Buffer.alloc(32, 1)),
    clock: { now: () => 1_000 },
    log: { debug: note, info: note, warn: note, error: note },
  });
}

const loaded = (...clients: readonly Client[]) => ({ clients, rejected: [] });
const wiki = aClient();
const mail = aClient({ client_id: 'mail', backchannel_logout_uri: undefined });

function aRejection(client_id: string): Rejected {
  const problem = { path: ['x'], field: 'x', message: 'is wrong', fix: 'mend it', line: 3 };
  return { file: `${client_id}.yaml`, client_id, problems: [problem] };
}

function states(of = registry): Record<string, string> {
  return Object.fromEntries(of.all().map(({ client, state }) => [client.client_id, state]));
}

describe('the registry', () => {
  it('has what was loaded, and other processes read it from the store', async () => {
    await registry.apply(loaded(wiki, mail));
    expect(registry.get('wiki')).toEqual({ client: wiki, state: 'active', source: 'file', sealed: expect.any(String) });
    const other = aRegistry();
    await expect(other.refresh()).resolves.toBe(true);
    expect(other.get('wiki')?.client).toEqual(wiki);
    const readsBefore = reads;
    await expect(other.refresh()).resolves.toBe(false);
    expect(reads).toBe(readsBefore);
    expect(lines.at(-1)).toEqual({
      event: 'clients.loaded',
      facts: { active: 2, suspended: 0, rejected: 0, cannot_be_told: 1, cannot_be_told_ids: ['mail'] },
    });
  });

  it('keeps nothing readable in the store that is secret', async () => {
    await registry.apply(loaded(wiki));
    expect(JSON.stringify([...records.values()])).not.toContain('a-secret-of-the-wiki');
  });

  it('writes nothing, and keeps its objects, when nothing changed', async () => {
    await registry.apply(loaded(wiki));
    const before = registry.get('wiki');
    await registry.apply(loaded(wiki));
    expect([saves, registry.get('wiki') === before]).toEqual([1, true]);
  });

  it('takes a changed file over', async () => {
    await registry.apply(loaded(wiki));
    await registry.apply(loaded(aClient({ client_name: 'The Wiki' })));
    expect(registry.get('wiki')?.client.client_name).toBe('The Wiki');
  });

  it('suspends an app whose file vanished, keeps its last address, and says so once', async () => {
    await registry.apply(loaded(wiki, mail));
    await registry.apply(loaded(mail));
    await registry.apply(loaded(mail));
    expect(states()).toEqual({ mail: 'active', wiki: 'suspended' });
    expect(registry.get('wiki')?.client.backchannel_logout_uri).toBe('https://wiki.example.org/logout');
    expect(lines.filter(({ event }) => event === 'client.missing')).toEqual([
      { event: 'client.missing', facts: { client_id: 'wiki', state: 'suspended' } },
    ]);
    expect(registry.ignored()).toEqual({ suspended: ['wiki'], cannotBeTold: ['mail'] });
  });

  it('signs nobody out when the whole folder vanishes: all are suspended, and back when it is', async () => {
    await registry.apply(loaded(wiki, mail));
    await registry.apply(loaded());
    expect(states()).toEqual({ mail: 'suspended', wiki: 'suspended' });
    await registry.apply(loaded(wiki, mail));
    expect(states()).toEqual({ mail: 'active', wiki: 'active' });
  });

  it('keeps the last good record of a bad file, also over a restart', async () => {
    await registry.apply(loaded(wiki));
    registry = aRegistry();
    await registry.apply({ clients: [], rejected: [aRejection('wiki'), aRejection('new')] });
    expect(states()).toEqual({ wiki: 'active' });
    const facts = {
      file: 'wiki.yaml',
      line: 3,
      field: 'x',
      message: 'is wrong',
      fix: 'mend it',
      client_id: 'wiki',
      kept_last_good: true,
    };
    expect(lines).toContainEqual({ event: 'client.rejected', facts });
  });

  it('leaves a removed app away although its file is still there', async () => {
    await registry.apply(loaded(wiki));
    const record = records.get('wiki');
    if (record) records.set('wiki', { ...record, state: 'removed' });
    saves += 1;
    await registry.apply(loaded(wiki));
    expect(states()).toEqual({ wiki: 'removed' });
    expect(lines.map(({ event }) => event)).toContain('client.ignored');
  });

  it('hands out records that nobody can change', async () => {
    await registry.apply(loaded(wiki));
    const client = registry.get('wiki')?.client as { redirect_uris: string[] };
    expect(() => client.redirect_uris.push('https://evil.example')).toThrow(TypeError);
  });
});
