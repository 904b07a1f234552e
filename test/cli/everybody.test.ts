import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCliWorld, type CliWorld } from './cli-world.ts';

describe('log off everybody', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await aCliWorld();
    for (const name of ['alice', 'bob']) {
      await world.json(['accounts', 'add', name, '--password-stdin'], { input: `the password of ${name}\n` });
    }
    await world.register(['wiki', 'ok'], ['quiet', undefined]);
  });
  afterAll(() => world.close());

  it('needs the word, or --yes; counts first, tells the apps, and writes a report', async () => {
    const [alice] = await world.json(['accounts', 'show', 'alice']);
    const [bob] = await world.json(['accounts', 'show', 'bob']);
    for (const account of [alice, bob]) await world.signIn(String(account?.['id']), 'wiki', 'quiet');
    const [preview] = await world.json(['logout', '--everybody', '--dry-run']);
    expect(preview).toMatchObject({ accounts: 2, sessions: 2, participations: 4 });
    const asked = await world.run(['logout', '--everybody']);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect((await world.run(['logout', '--everybody', '--session', 'x'])).code).toBe(2);
    expect((await world.run(['logout', '--everybody', '--rate', 'fast'])).code).toBe(2);
    const report = `${world.folder}/report.json`;
    const [logout] = await world.json(['logout', '--everybody', '--yes', '--rate', '500/s', '--report', report]);
    expect(logout).toMatchObject({
      reason: 'everybody',
      url: expect.stringContaining('/logout/'),
      counts: { told: 1, cannot_be_told: 1 },
      progress: { sessions_ended: 2, told: 2, walking: false, rate: 500 },
    });
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(logout);
    expect(world.arrived.filter(({ path }) => path === 'ok')).toHaveLength(2);
    expect(await world.json(['sessions', 'list', '--state', 'live'])).toEqual([]);
    const [row] = await world.json(['logouts', 'list', '--limit', '1']);
    expect(row).toMatchObject({ target: 'everybody', sessions_ended: 2, walking: false });
    expect((await world.run(['logouts', 'pause', String(row?.['logout_id'])])).code).toBe(2);
  });
});
