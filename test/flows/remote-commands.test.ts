/** Commands at a server (`--server`): the same answers, sentences and exit codes as on the store itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { type Finished, runCommandHere } from '../support/command.ts';
import { freePort } from '../support/free-port.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('commands at a server', () => {
  let world: World<'wiki' | 'sick'>;
  /** A folder with no store in it, as on somebody's laptop. */
  let elsewhere: string;
  let token: string;
  let known: { readonly session: string; readonly logout: string; readonly delivery: string; readonly kid: string };

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, sick: { behaviour: '400' } } });
    elsewhere = await mkdtemp(join(tmpdir(), 'signoff-laptop-'));
    token = await aTokenFor(world.store, await addAccount(world.store, 'root'), 'owner');
    await writeFile(join(elsewhere, 'token'), `${token}\n`);
    for (const app of [world.apps.wiki, world.apps.sick]) await app.signIn(createBrowser());
    known = await something();
    // What is on its way would read differently a moment later.
    await world.server.sendMails();
  });
  afterAll(async () => {
    await world.stop();
    await rm(elsewhere, { recursive: true });
  });

  const here = (args: readonly string[], input?: string) => runCommandHere(world, args, input);
  const there = (args: readonly string[], input?: string, env: Record<string, string> = {}) =>
    runCommandHere({ folder: elsewhere, env }, [...args, '--server', world.issuer, '--token-file', 'token'], input);

  /** What there is to ask for. */
  async function something() {
    await world.apps.wiki.signIn(createBrowser(), { username: 'bob' });
    const ended = JSON.parse((await here(['logout', '--account', 'bob', '--yes', '--json'])).stdout);
    const accountId = await world.accountId('alice');
    const [live] = await world.store.sessions.list({ accountId, state: 'live' }, { limit: 1 });
    const [delivery] = await world.store.deliveries.list({}, { limit: 1 });
    const [key] = await world.store.keys.signingKeys();
    return {
      session: live?.session.uid ?? '',
      logout: String(ended.logout_id),
      delivery: delivery?.id ?? '',
      kid: key?.kid ?? '',
    };
  }

  const linesOf = ({ stdout }: Finished) =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  /** Measured anew each time. */
  const untimed = (value: unknown) => JSON.parse(JSON.stringify(value, (name, one) => (name === 'ms' ? 0 : one)));

  it('read the same', async () => {
    const reads: readonly (readonly string[])[] = [
      ['accounts', 'list'],
      ['accounts', 'show', 'alice'],
      ['clients', 'list'],
      ['clients', 'show', 'wiki'],
      ['clients', 'health', 'wiki'],
      ['clients', 'probe', 'wiki'],
      ['sessions', 'list', '--account', 'alice', '--state', 'live', '--since', '2020-01-01T00:00:00Z'],
      ['sessions', 'list', '--ip', '127.0.0.1', '--limit', '1'],
      ['logout', '--account', 'alice', '--dry-run'],
      ['logouts', 'list'],
      ['logouts', 'show', known.logout],
      ['deliveries', 'list', '--client', 'wiki', '--state', 'told'],
      ['deliveries', 'show', known.delivery],
      ['deliveries', 'replay', '--client', 'wiki', '--dry-run'],
      ['explain', '--client', 'wiki', '--account', 'alice', '--asking', 'good-hint', '--scope', 'all-here'],
      ['explain', '--delivery', known.delivery],
      ['explain', '--logout', known.logout, '--client', 'sick'],
      ['mails', 'list'],
      ['attention'],
      ['keys', 'list'],
      ['operators', 'list'],
      ['tokens', 'list', '--account', 'root'],
      ['registration-tokens', 'list'],
      ['audit', 'list', '--limit', '3'],
      ['audit', 'verify'],
      ['audit', 'export'],
    ];
    for (const args of reads) {
      const both = await Promise.all([here([...args, '--json']), there([...args, '--json'])]);
      const [local, remote] = both.map((one) => ({ code: one.code, json: untimed(linesOf(one)) }));
      expect([args, remote]).toEqual([args, local]);
      if (!['mails', 'registration-tokens', 'attention'].includes(args[0] ?? '')) expect(local?.json).not.toEqual([]);
    }
  }, 60_000);

  it('fail the same', async () => {
    const failures: readonly (readonly string[])[] = [
      ['accounts', 'show', 'nobody'],
      ['clients', 'health', 'nobody'],
      ['clients', 'show', 'https://app.example/../a b?c#d'],
      ['sessions', 'list', '--state', 'asleep'],
      ['sessions', 'list', '--ip', 'somewhere'],
      ['sessions', 'end', 'nobody'],
      ['logout', '--account', 'nobody', '--yes'],
      ['logouts', 'pause', known.logout],
      ['deliveries', 'retry', '--client', 'nobody'],
      ['explain', '--client', 'nobody'],
      ['explain'],
      ['keys', 'retire', 'nothing'],
      ['operators', 'remove', 'alice'],
      ['operators', 'link'],
    ];
    for (const args of failures) {
      const [local, remote] = await Promise.all([here(args), there(args)]);
      expect([args, remote]).toEqual([args, local]);
      expect(local.code).toBeGreaterThan(1);
    }
  }, 60_000);

  it('do the same', async () => {
    const writes: readonly (readonly [args: (name: string) => readonly string[], input?: string])[] = [
      [(name) => ['accounts', 'add', name, '--password-stdin', '--claim', 'given_name=N'], 'paper lantern 31\n'],
      [(name) => ['accounts', 'update', name, '--email', 'n@example.test', '--without', 'given_name']],
      [(name) => ['accounts', 'password', name, '--password-stdin'], 'lantern of paper 13\n'],
      [(name) => ['operators', 'add', name, '--role', 'support', '--reason', 'night shift']],
      [(name) => ['tokens', 'add', name, '--scope', 'signoff.read', '--expires', '1d']],
      [(name) => ['operators', 'remove', name]],
      [(name) => ['accounts', 'disable', name, '--yes']],
      [(name) => ['accounts', 'enable', name]],
      [(name) => ['logout', '--account', name, '--yes']],
      [(name) => ['accounts', 'delete', name, '--yes']],
      [() => ['registration-tokens', 'add', '--uses', '2']],
    ];
    for (const [args, input] of writes) {
      const local = await here([...args('carol'), '--json'], input);
      const remote = await there([...args('david'), '--json'], input);
      expect([remote.code, shapeOf(linesOf(remote)[0])]).toEqual([local.code, shapeOf(linesOf(local)[0])]);
      expect([remote.stderr.replaceAll('david', 'carol'), local.code]).toEqual([local.stderr, 0]);
    }
    const rows = await world.store.audit.list({}, 100);
    const kinds = new Set(rows.map(({ actor, from }) => `${actor.kind} ${from === undefined ? 'here' : 'there'}`));
    expect(kinds).toEqual(new Set(['command here', 'account there']));
  }, 60_000);

  it('end a session, wait for its apps and say which was told', async () => {
    await world.apps.sick.signIn(createBrowser(), { username: 'bob' });
    const ended = await there(['logout', '--account', 'bob', '--yes', '--wait', '20s', '--json']);
    expect([ended.code, linesOf(ended)]).toMatchObject([
      1,
      [{ counts: { refused: 1, trying: 0 }, url: expect.any(String) }],
    ]);
  }, 30_000);

  it('register an app, which no file speaks of there', async () => {
    const args = ['clients', 'add', 'notes', '--redirect-uri', 'https://notes.example.org/cb', '--party', 'first'];
    const added = await there([...args, '--json']);
    expect([added.code, linesOf(added)]).toEqual([
      0,
      [{ client_id: 'notes', file: null, client_secret: expect.stringMatching(/^[\w-]{43}$/) }],
    ]);
    expect(linesOf(await here(['clients', 'show', 'notes', '--json']))).toMatchObject([
      { source: 'api', party: 'first', redirect_uris: ['https://notes.example.org/cb'], has_secret: true },
    ]);
    const again = await there(args);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('There is an app notes already')]);
  });

  describe('say in one sentence', () => {
    it('what only the machine itself can do', async () => {
      for (const args of [
        ['doctor'],
        ['config'],
        ['backup', 'x'],
        ['clients', 'check'],
        ['clients', 'secret'],
        ['start'],
      ]) {
        const { code, stdout, stderr } = await there(args);
        expect([args, code, stdout]).toEqual([args, 2, '']);
        expect(stderr).toBe('This command works on this machine alone: leave --server, or SIGNOFF_SERVER, out.\n');
      }
      await writeFile(join(elsewhere, 'people.jsonl'), '{"username":"eve"}\n');
      const { code, stderr } = await there(['import', 'accounts', 'people.jsonl']);
      expect([code, stderr]).toEqual([2, expect.stringContaining('does not do this by its API')]);
    }, 30_000);

    it('what no address can name', async () => {
      const { code, stderr } = await there(['accounts', 'show', '..']);
      expect([code, stderr]).toEqual([2, 'account cannot be "..": an address would lead elsewhere.\n']);
    });

    it('what is wrong with the server or the token that was named', async () => {
      const at = (server: string, env: Record<string, string>) =>
        runCommandHere({ folder: elsewhere, env: { SIGNOFF_SERVER: server, ...env } }, ['accounts', 'list', '--json']);
      const answers = await Promise.all([
        at(world.issuer, {}),
        at(world.issuer, { SIGNOFF_TOKEN: 'two words' }),
        at(world.issuer, { SIGNOFF_TOKEN: 'signoff_pat_of_nobody' }),
        at('http://id.example.org', { SIGNOFF_TOKEN: token }),
        at(`http://127.0.0.1:${await freePort()}`, { SIGNOFF_TOKEN: token }),
        at(world.apps.wiki.origin, { SIGNOFF_TOKEN: token }),
        at(world.issuer, { SIGNOFF_TOKEN: token }),
      ]);
      expect(answers.map(({ code }) => code)).toEqual([2, 2, 2, 2, 3, 2, 0]);
      for (const { stderr } of answers) expect(stderr).not.toContain(token);
    }, 30_000);
  });
});

/** Names of members and kinds of values: ids, times and people are others, and whoever runs commands here has no id. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, name === 'actor' ? name : shapeOf(one)]));
}
