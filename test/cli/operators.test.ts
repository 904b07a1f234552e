/** Who runs this service, and what they did, by the command line. */
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCliWorld, type CliWorld } from './cli-world.ts';

let world: CliWorld;
let alice: string;

beforeAll(async () => {
  world = await aCliWorld();
  for (const name of ['alice', 'bob']) {
    await world.json(['accounts', 'add', name, '--password-stdin'], { input: `the password of ${name}\n` });
  }
  const [account] = await world.json(['accounts', 'show', 'alice']);
  alice = String(account?.['id']);
  await world.register(['wiki', 'ok']);
});
afterAll(() => world.close());

describe('operators', () => {
  it('have one role each, which is given, changed and taken away', async () => {
    expect(await world.json(['operators', 'list'])).toEqual([]);
    const [link] = await world.json(['operators', 'link']);
    expect(link).toEqual({
      url: expect.stringMatching(/^http:\/\/localhost:4000\/admin\/first\/[\w-]{43}$/),
      expires_at: expect.any(String),
    });
    expect(await world.json(['operators', 'add', 'alice', '--role', 'owner'])).toEqual([
      { account_id: alice, username: 'alice', role: 'owner', since: expect.any(String) },
    ]);
    expect((await world.run(['operators', 'link'])).code).toBe(2);
    await world.json(['operators', 'add', 'bob', '--role', 'support']);
    expect((await world.json(['operators', 'list'])).map((row) => row['role']).toSorted()).toEqual([
      'owner',
      'support',
    ]);
    const { code, stderr } = await world.run(['operators', 'remove', 'alice']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('the only owner left')]);
    expect((await world.run(['operators', 'add', 'nobody'])).code).toBe(4);
    expect((await world.run(['operators', 'add', 'bob', '--role', 'boss'])).code).toBe(2);
  });
});

describe('tokens', () => {
  it('are shown once, hold at most what the role may, and are revoked', async () => {
    const [made] = await world.json(['tokens', 'add', 'alice', '--name', 'ci', '--scope', 'signoff.read']);
    expect(made).toMatchObject({ name: 'ci', scopes: ['signoff.read'], token: expect.stringMatching(/^signoff_pat_/) });
    const listed = await world.run(['tokens', 'list', '--json']);
    expect(listed.stdout).not.toContain(String(made?.['token']));
    expect(JSON.parse(listed.stdout)).toMatchObject({ id: made?.['id'], account_id: alice });
    const beyond = await world.run(['tokens', 'add', 'bob', '--scope', 'signoff.clients']);
    expect([beyond.code, beyond.stderr]).toEqual([2, expect.stringContaining('may not hold signoff.clients')]);
    expect((await world.run(['tokens', 'add', 'bob', '--scope', 'signoff.raed'])).code).toBe(2);
    expect(await world.json(['tokens', 'revoke', String(made?.['id'])])).toMatchObject([{ id: made?.['id'] }]);
    expect((await world.run(['tokens', 'revoke', String(made?.['id'])])).code).toBe(4);
  });
});

describe('the audit', () => {
  it('has a row for each thing that was done, with who, what, before and after, and no secret', async () => {
    const uid = await world.signIn(alice, 'wiki');
    await world.json(['logout', '--session', uid, '--reason', 'she asked for it by phone']);
    const [last] = await world.json(['audit', 'list', '--limit', '1']);
    expect(last).toMatchObject({
      actor: { kind: 'command', id: expect.any(String) },
      from: null,
      action: 'logouts.end',
      subject: `session ${uid}`,
      reason: 'she asked for it by phone',
      hash: expect.any(String),
    });
    const roles = await world.json(['audit', 'list', '--action', 'operators.set']);
    expect(roles.at(-1)).toMatchObject({
      subject: `account ${alice}`,
      before: { role: null },
      after: { role: 'owner' },
    });
    const { stdout } = await world.run(['audit', 'export']);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number });
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    expect(stdout).not.toContain('signoff_pat_');
    expect(stdout).not.toContain('argon2');
  });

  it('verifies, and names the first row that does not fit', async () => {
    const [good] = await world.json(['audit', 'verify']);
    expect(good).toMatchObject({ ok: true, first: 1, broken_at: null });
    const db = new DatabaseSync(`${world.folder}/data/signoff.db`);
    const { reason } = db.prepare('SELECT reason FROM audit WHERE seq = 2').get() as { reason: string | null };
    db.exec(`UPDATE audit SET subject = 'account somebody-else' WHERE seq = 3`);
    expect(await world.json(['audit', 'verify'], { code: 1 })).toMatchObject([{ ok: false, broken_at: 3 }]);
    db.exec('DELETE FROM audit WHERE seq = 2');
    expect(await world.json(['audit', 'verify'], { code: 1 })).toMatchObject([{ ok: false, broken_at: 2 }]);
    db.close();
    expect(reason).toBeNull();
  });
});

describe('attention', () => {
  it('says that all is well, or what somebody should see to, in a line and as JSON', async () => {
    const well = await world.run(['attention']);
    expect([well.code, well.stdout, well.stderr.trim()]).toEqual([0, '', 'All is well.']);
    await world.register(['wiki', 'ok'], ['quiet', undefined]);
    const { code, stdout } = await world.run(['attention']);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^quiet has no logout address: /iu)]);
    expect(await world.json(['attention'], { code: 1 })).toEqual([
      { kind: 'app-cannot-be-told', message: stdout.trim(), client_id: 'quiet', logout_id: null },
    ]);
  });
});
