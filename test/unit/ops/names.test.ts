import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createNames, type NameSources } from '../../../src/ops/names.ts';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { type Answers, type NameServer, startNameServer } from '../../support/name-server.ts';

let folder: string;
let server: NameServer;
/** Names that the system was asked for. */
let systemAsked: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signoff-names-'));
  systemAsked = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  server.close();
});

interface Machine {
  readonly dns: Answers;
  readonly hosts?: string;
  readonly resolv?: string;
  readonly env?: NameSources['env'];
  readonly system?: NameSources['system'];
}

async function namesOf(machine: Machine) {
  server = await startNameServer(machine.dns);
  const hostsPath = join(folder, 'hosts');
  const resolvPath = join(folder, 'resolv.conf');
  if (machine.hosts !== undefined) writeFileSync(hostsPath, machine.hosts);
  if (machine.resolv !== undefined) writeFileSync(resolvPath, machine.resolv);
  const system = async (host: string) => {
    systemAsked.push(host);
    return (await machine.system?.(host)) ?? Promise.reject(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
  };
  return createNames({ hostsPath, resolvPath, servers: [server.address], env: machine.env ?? {}, system });
}

const asked = () => [...new Set(server.asked.map((one) => one.name))];

describe('names mean what they mean on this machine', () => {
  it('its hosts file comes first, with all addresses and aliases of a name', async () => {
    const hosts = '# ours\n10.0.0.7\tWiki.corp wiki   # the wiki\n\nfd00::7 wiki\nnonsense wiki\n10.0.0.7 wiki\n';
    const resolve = await namesOf({ hosts, dns: { wiki: ['192.0.2.1'] } });
    expect(await resolve('wiki')).toEqual(['10.0.0.7', 'fd00::7']);
    expect(await resolve('WIKI.corp.')).toEqual(['10.0.0.7']);
    expect(server.asked).toEqual([]);
  });

  it('a name of the hosts file whose network is allowed is known', async () => {
    const resolve = await namesOf({ hosts: '10.0.0.7 wiki.corp.example\n', dns: {} });
    expect(await createOutbound({ allow: ['10.0.0.0/8'], resolve }).addressesOf('wiki.corp.example')).toEqual([
      '10.0.0.7',
    ]);
  });

  it('the address rules follow whatever answered: hosts file, search list or system', async () => {
    const resolve = await namesOf({
      hosts: '127.0.0.1 in-hosts\n',
      resolv: 'search corp.example\n',
      dns: { 'in-search.corp.example': ['127.0.0.1'] },
      system: async (host) => (host === 'in-system' ? ['127.0.0.1'] : []),
    });
    const outbound = createOutbound({ allow: [], resolve });
    for (const host of ['in-hosts', 'in-search', 'in-system']) {
      await expect(outbound.addressesOf(host)).rejects.toMatchObject({ code: 'EOUTBOUND' });
    }
  });

  it('a short name is completed by the search list (Docker, Kubernetes)', async () => {
    const resolve = await namesOf({
      resolv: 'nameserver 127.0.0.1\nsearch apps.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n',
      dns: { 'wiki.intranet.svc.cluster.local': ['10.0.0.9', 'fd00::9'] },
    });
    expect((await resolve('wiki.intranet')).toSorted()).toEqual(['10.0.0.9', 'fd00::9']);
    expect(asked()).toEqual(['wiki.intranet.apps.svc.cluster.local', 'wiki.intranet.svc.cluster.local']);
    expect(systemAsked).toEqual([]);
  });

  it('a name with enough dots is asked for as it is first, one with a dot at its end only so', async () => {
    const resolv = 'search corp.example\n';
    const resolve = await namesOf({ resolv, dns: { 'wiki.example': ['192.0.2.1'], wiki: ['192.0.2.2'] } });
    expect(await resolve('wiki.example')).toEqual(['192.0.2.1']);
    expect(asked()).toEqual(['wiki.example']);
    expect(await resolve('wiki.')).toEqual(['192.0.2.2']);
    expect(asked()).toEqual(['wiki.example', 'wiki']);
  });

  it('LOCALDOMAIN and RES_OPTIONS come over the file', async () => {
    const env = { LOCALDOMAIN: 'other.example', RES_OPTIONS: 'ndots:2' };
    const resolve = await namesOf({
      resolv: 'search corp.example\n',
      env,
      dns: { 'a.b.other.example': ['192.0.2.1'] },
    });
    expect(await resolve('a.b')).toEqual(['192.0.2.1']);
    expect(asked()).toEqual(['a.b.other.example']);
  });

  it('a sick domain of the search list does not hide the next', async () => {
    const resolv = 'search sick.example corp.example\n';
    const resolve = await namesOf({ resolv, dns: { 'wiki.sick.example': 'sick', 'wiki.corp.example': ['192.0.2.1'] } });
    expect(await resolve('wiki')).toEqual(['192.0.2.1']);
    await expect(resolve('other')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('a change of the hosts file counts a second later', async () => {
    const resolve = await namesOf({ hosts: '10.0.0.7 wiki\n', dns: {} });
    expect(await resolve('wiki')).toEqual(['10.0.0.7']);
    writeFileSync(join(folder, 'hosts'), '10.0.0.88 wiki\n');
    const aSecondLater = performance.now() + 1_001;
    const now = jest.spyOn(performance, 'now').mockImplementation(() => aSecondLater);
    expect(await resolve('wiki')).toEqual(['10.0.0.88']);
    now.mockRestore();
  });
});

describe('a name that DNS does not know', () => {
  it('is asked of the system once before it counts as unknown', async () => {
    const resolve = await namesOf({ dns: {}, system: async (host) => (host === 'printer' ? ['10.0.0.3'] : []) });
    expect(await resolve('printer')).toEqual(['10.0.0.3']);
    for (let i = 0; i < 3; i += 1) {
      await expect(resolve('nobody.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    }
    expect(systemAsked).toEqual(['printer', 'nobody.example']);
  });

  it('is not asked of the system while DNS only has a problem', async () => {
    const resolve = await namesOf({ dns: { 'app.example': 'sick' } });
    await expect(resolve('app.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(systemAsked).toEqual([]);
  });

  it('asks the system for two at a time, so that silent ones do not hold the threads that others need', async () => {
    let running = 0;
    let most = 0;
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const resolve = await namesOf({
      dns: {},
      system: async () => {
        running += 1;
        most = Math.max(most, running);
        await answered;
        running -= 1;
        return ['192.0.2.1'];
      },
    });
    const found = Array.from({ length: 20 }, (_, i) => resolve(`app${i}.example`));
    await Promise.all(Array.from({ length: 20 }, (_, i) => server.saw(`app${i}.example`)));
    answer();
    await Promise.all(found);
    expect(most).toBe(2);
    expect(systemAsked).toHaveLength(20);
  });
});

describe('askers of one name', () => {
  it('share one lookup and its answer', async () => {
    const resolve = await namesOf({ dns: { 'app.example': ['192.0.2.1'] } });
    const found = await Promise.all(Array.from({ length: 50 }, () => resolve('app.example')));
    expect(found.every((one) => one[0] === '192.0.2.1')).toBe(true);
    await resolve('app.example');
    expect(server.asked).toHaveLength(2);
  });

  it('whoever leaves leaves the others their lookup; when the last has left it is cancelled', async () => {
    const resolve = await namesOf({ dns: { 'app.example': 'silent' } });
    const first = new AbortController();
    const second = new AbortController();
    const left = resolve('app.example', first.signal);
    const stayed = resolve('app.example', second.signal);
    await server.saw('app.example');
    first.abort(new Error('first'));
    await expect(left).rejects.toThrow('first');
    const still = await Promise.race([stayed.catch(() => 'over'), new Promise((done) => setImmediate(done, 'going'))]);
    expect(still).toBe('going');
    second.abort(new Error('second'));
    await expect(stayed).rejects.toThrow('second');
  });

  it('a cancelled lookup gives its place free at once: 64 silent names hold up nobody', async () => {
    const silent = Array.from({ length: 64 }, (_, i) => `silent${i}.example`);
    const dns = {
      ...Object.fromEntries(silent.map((name) => [name, 'silent' as const])),
      'app.example': ['192.0.2.1'],
    };
    const resolve = await namesOf({ dns });
    const leaving = new AbortController();
    const stuck = silent.map((name) => resolve(name, leaving.signal).catch((error: Error) => error.message));
    await Promise.all(silent.map((name) => server.saw(name)));
    const waiting = resolve('app.example');
    leaving.abort(new Error('left'));
    expect(await waiting).toEqual(['192.0.2.1']);
    // None of them was asked for a second time, which they would have been after a second.
    expect(server.asked.filter(({ name }) => name.startsWith('silent'))).toHaveLength(128);
    expect(new Set(await Promise.all(stuck))).toEqual(new Set(['left']));
  });
});
