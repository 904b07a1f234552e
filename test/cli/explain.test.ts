import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCliWorld, type CliWorld } from './cli-world.ts';

let world: CliWorld;
let alice: string;

beforeAll(async () => {
  world = await aCliWorld();
  const [account] = await world.json(['accounts', 'add', 'alice', '--password-stdin'], {
    input: 'the password of alice\n',
  });
  alice = String(account?.['id']);
  await world.register(['wiki', 'ok'], ['mute', undefined], ['grumpy', 'refuses']);
});
afterAll(() => world.close());

describe('signoff explain, of what would happen', () => {
  it('has every row of the table, as the table itself decides, with the facts', async () => {
    await world.signIn(alice, 'wiki', 'mute');
    await world.signIn(alice, 'mute');
    const [answer] = await world.json(['explain', '--client', 'wiki', '--account', 'alice']);
    expect(answer).toMatchObject({
      client: { client_id: 'wiki', party: expect.any(String), can_be_told: true, max_session: null },
      account: { username: 'alice', sessions: 2, apps: 2, sessions_with_this_app: 1 },
    });
    const rows = answer?.['rows'] as Record<string, unknown>[];
    expect(new Set(rows.map(({ asking }) => asking)).size).toBe(7);
    expect(rows.filter(({ asking }) => asking === 'good-hint')).toHaveLength(5);
    expect(rows.find(({ asking }) => asking === 'bad-request')).toMatchObject({
      decision: 'refuse',
      ends: null,
      preselected: null,
      offered: null,
      redirects: false,
    });
  });

  it('can be one row, with the scope that the app would ask for', async () => {
    const args = ['explain', '--client', 'wiki', '--asking', 'good-hint', '--scope', 'all-everywhere'];
    const [answer] = await world.json(args);
    expect(answer).toMatchObject({
      account: null,
      rows: [{ logout_scope: 'all-everywhere', decision: 'ask', preselected: 'all-everywhere' }],
    });
    const { stdout } = await world.run(args);
    expect(stdout).toContain('Asks; "everything, everywhere" is preselected.');
  });

  it('says what is not there, and what it needs', async () => {
    expect((await world.run(['explain', '--client', 'nobody'])).code).toBe(4);
    expect((await world.run(['explain', '--client', 'wiki', '--account', 'nobody'])).code).toBe(4);
    expect((await world.run(['explain'])).code).toBe(2);
    expect((await world.run(['explain', '--client', 'wiki', '--asking', 'nicely'])).code).toBe(2);
    expect((await world.run(['explain', '--client', 'wiki', '--delivery', 'x'])).code).toBe(2);
  });
});

describe('signoff explain, of what happened', () => {
  it('says of each app why it was, or was not, told', async () => {
    const session = await world.signIn(alice, 'wiki', 'mute', 'grumpy');
    const [done] = await world.json(['logout', '--session', session, '--wait', '5s'], { code: 1 });
    const logoutId = String(done?.['logout_id']);
    const why = async (clientId: string) => {
      const [answer] = await world.json(['explain', '--logout', logoutId, '--client', clientId]);
      return (answer?.['deliveries'] as Record<string, unknown>[])[0];
    };
    expect(await why('wiki')).toMatchObject({
      state: 'told',
      reason: 'operator',
      why: 'It was told: it answered 200.',
    });
    expect(await why('mute')).toMatchObject({ state: 'cannot-be-told', told_at: null });
    expect(String((await why('mute'))?.['why'])).toContain('backchannel_logout_uri');
    const grumpy = await why('grumpy');
    expect(String(grumpy?.['why'])).toContain('it answered 400');
    const [alone] = await world.json(['explain', '--delivery', String(grumpy?.['id'])]);
    expect(alone).toEqual(grumpy);
  });

  it('says that an app was not in it, that there is no such app, logout or delivery', async () => {
    const session = await world.signIn(alice, 'wiki');
    const [done] = await world.json(['logout', '--session', session, '--wait', '5s']);
    const logoutId = String(done?.['logout_id']);
    const [answer] = await world.json(['explain', '--logout', logoutId, '--client', 'mute'], { code: 4 });
    expect(answer).toMatchObject({ deliveries: [], why: expect.stringContaining('in none of the sign-ins') });
    const [unknown] = await world.json(['explain', '--logout', logoutId, '--client', 'nobody'], { code: 4 });
    expect(unknown).toMatchObject({ why: 'There is no app nobody.' });
    expect((await world.run(['explain', '--logout', 'x', '--client', 'wiki'])).code).toBe(4);
    expect((await world.run(['explain', '--delivery', 'x'])).code).toBe(4);
  });
});
