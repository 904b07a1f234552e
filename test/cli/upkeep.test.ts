import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Check } from '../../src/cli/doctor/check.ts';
import { aCliWorld, type CliWorld } from './cli-world.ts';

const PASSWORD = 'paper-lantern-31\n';

describe('looking after a store by commands', () => {
  let world: CliWorld;
  beforeEach(async () => {
    world = await aCliWorld();
    await writeFile(join(world.folder, 'signoff.yaml'), 'issuer: http://localhost:1\n');
    await world.run(['accounts', 'add', 'mira', '--password-stdin'], { input: PASSWORD });
  });
  afterEach(() => world.close());

  const examine = async (...options: string[]) => {
    const { stdout, code } = await world.run(['doctor', '--json', ...options]);
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    return { code, checks, of: (id: string) => checks.find((one) => one.id === id) };
  };

  it('doctor says what is well, what is not, why, and exactly what to do', async () => {
    chmodSync(join(world.folder, 'data', 'master.key'), 0o644);
    await world.register(['wiki', 'ok'], ['quiet', undefined]);
    writeFileSync(join(world.folder, 'clients', 'broken.yaml'), 'client_id: broken\nredirect_urls: []\n');
    const { code, checks, of } = await examine();
    expect(code).toBe(1);
    expect(of('store')?.result).toBe('ok');
    expect(of('owner')?.result).toBe('ok');
    expect(of('files')).toMatchObject({ result: 'failed', fix: expect.stringContaining('chmod 600') });
    expect(of('client-files')).toMatchObject({ result: 'failed', cause: expect.stringContaining('broken') });
    expect(of('apps')).toMatchObject({ result: 'warning', cause: expect.stringContaining('quiet') });
    expect(of('mails')).toMatchObject({ result: 'ok' });
    expect(of('engine')).toMatchObject({ result: 'warning' });
    expect(of('issuer')).toMatchObject({ result: 'failed', cause: expect.stringContaining('ECONNREFUSED') });
    for (const { result, cause, fix } of checks)
      expect([cause === null, fix === null]).toEqual([result === 'ok', result === 'ok']);
  }, 60_000);

  it('doctor --fix takes away what others may read', async () => {
    const key = join(world.folder, 'data', 'master.key');
    chmodSync(key, 0o644);
    expect((await examine('--fix')).of('files')?.result).toBe('ok');
    expect(statSync(key).mode & 0o777).toBe(0o600);
  }, 60_000);

  it('doctor names wrong settings, each with its sentence', async () => {
    const { stdout, code } = await world.run(['doctor', '--json'], { env: { SIGNOFF_SWEEPS: '1s' } });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      checks: [
        expect.objectContaining({ id: 'settings', result: 'failed', cause: expect.stringContaining('SIGNOFF_SWEEP') }),
      ],
    });
  }, 60_000);

  it('backup copies what is used, and restore --check rehearses it', async () => {
    const { id } = (await world.json(['accounts', 'show', 'mira']))[0] as { id: string };
    await world.register(['wiki', 'ok']);
    await world.signIn(id, 'wiki');
    const [made] = await world.withStore(() => world.json(['backup', 'copy']));
    expect(made).toMatchObject({ with_key: false, issuer: 'http://localhost:1' });
    expect(readdirSync(join(world.folder, 'copy')).sort()).toEqual(['backup.json', 'signoff.db']);
    for (const name of ['backup.json', 'signoff.db']) {
      expect(statSync(join(world.folder, 'copy', name)).mode & 0o077).toBe(0);
    }
    const [rehearsed] = await world.json(['restore', '--check', 'copy']);
    expect(rehearsed).toMatchObject({ good: true, faults: [], accounts: 1, live_sessions: 1, deliveries_trying: 0 });
    // Nothing was opened in place.
    expect(readdirSync(join(world.folder, 'copy')).sort()).toEqual(['backup.json', 'signoff.db']);

    await expect(world.run(['backup', 'copy'])).resolves.toMatchObject({ code: 2 });
    const otherKey = { SIGNOFF_KEY: Buffer.alloc(32, 9).toString('base64') };
    const wrong = await world.run(['restore', '--check', 'copy'], { env: otherKey });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('sealed under the key') });
  }, 60_000);

  it('a backup with its key needs no other, and a damaged one is told', async () => {
    await world.run(['backup', 'whole', '--with-key']);
    const otherKey = { SIGNOFF_KEY: Buffer.alloc(32, 9).toString('base64') };
    await expect(world.run(['restore', '--check', 'whole'], { env: otherKey })).resolves.toMatchObject({ code: 0 });
    await expect(world.run(['restore', 'whole'])).resolves.toMatchObject({ code: 2 });
    await expect(world.run(['restore', '--check', 'nowhere'])).resolves.toMatchObject({ code: 4 });
  }, 60_000);

  it('migrate says how far the store is', async () => {
    const [dry] = await world.json(['migrate', '--dry-run']);
    expect(dry).toEqual({ from: 3, to: 3, pending: 0, dry_run: true });
    await expect(world.json(['migrate'])).resolves.toEqual([{ ...dry, dry_run: false }]);
  }, 60_000);

  it('completion is a script that bash can use, for every command', async () => {
    const { stdout } = await world.run(['completion', 'bash']);
    const ask = 'COMP_WORDS=(signoff clients ""); COMP_CWORD=2; _signoff; declare -p COMPREPLY';
    const bash = spawnSync('bash', ['-c', `${stdout}\n${ask}`], { encoding: 'utf8' });
    for (const word of ['list', 'show', 'add', 'remove', '--help']) expect(bash.stdout).toContain(`"${word}"`);
    for (const shell of ['zsh', 'fish']) {
      const script = await world.run(['completion', shell]);
      expect(script).toMatchObject({ code: 0, stdout: expect.stringContaining('accounts show') });
    }
    await expect(world.run(['completion', 'tcsh'])).resolves.toMatchObject({ code: 2 });
  }, 60_000);
});
