/** Apps by the command line, where no file speaks of them, and the code that they paste. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { apiClient, aTokenFor } from '../support/api.ts';
import { runCommandHere } from '../support/command.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('apps in the store, by commands', () => {
  let world: World<'wiki'>;
  let api: ReturnType<typeof apiClient>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    api = apiClient(world.issuer, await aTokenFor(world.store, await world.accountId('alice'), 'operator'));
    const redirect_uris = ['https://shop.example/cb'];
    expect((await api('/clients', { body: { client_id: 'shop', redirect_uris } })).status).toBe(201);
  });
  afterAll(() => world.stop());

  const signoff = (...args: readonly string[]) => runCommandHere(world, args);
  const lastAction = async () => (await world.store.audit.list({}, 1))[0]?.action;

  describe('a change', () => {
    it('of what was shown is shown before it is made, and may only be looked at', async () => {
      const { stdout } = await signoff('clients', 'show', 'shop', '--json');
      await writeFile(join(world.folder, 'shop.json'), JSON.stringify({ ...JSON.parse(stdout), max_session: '8h' }));
      const looked = await signoff('clients', 'change', 'shop', 'shop.json', '--dry-run', '--json');
      expect([looked.code, JSON.parse(looked.stdout)]).toEqual([
        0,
        { field: 'max_session', before: null, after: '8h' },
      ]);
      expect([(await api('/clients/shop')).json.max_session, await lastAction()]).toEqual([null, 'clients.add']);
      const unsure = await signoff('clients', 'change', 'shop', 'shop.json');
      expect([unsure.code, unsure.stdout]).toEqual([2, expect.stringMatching(/max_session +- +8h/)]);
      expect((await signoff('clients', 'change', 'shop', 'shop.json', '--yes')).code).toBe(0);
      expect((await api('/clients/shop')).json.max_session).toBe('8h');
    });

    it('behind somebody who was faster is refused', async () => {
      const late = await signoff('clients', 'change', 'shop', 'shop.json', '--yes');
      expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('was changed meanwhile')]);
    });

    it('of a file that is none, or no section, is wrong usage', async () => {
      await writeFile(join(world.folder, 'list.yaml'), '- a\n');
      for (const file of ['none.json', 'list.yaml']) {
        expect((await signoff('clients', 'change', 'shop', file, '--yes')).code).toBe(2);
      }
    });
  });

  describe('a secret', () => {
    it('of an app in the store is its new one at once, after a yes', async () => {
      expect((await signoff('clients', 'secret', 'shop')).code).toBe(2);
      const { stdout } = await signoff('clients', 'secret', 'shop', '--yes', '--json');
      const made = JSON.parse(stdout);
      const isKnown = async () => {
        const answer = await fetch(`${world.issuer}/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`shop:${made.client_secret}`)}` },
          body: new URLSearchParams({ grant_type: 'authorization_code', code: 'none' }),
        });
        return answer.status === 400;
      };
      // A running server hears of it within two seconds.
      await eventually(isKnown);
      expect(await lastAction()).toBe('clients.secret');
    });

    it('of an app with a file, or of none yet, is printed for its file', async () => {
      for (const id of ['wiki', 'new']) {
        const { code, stderr } = await signoff('clients', 'secret', id);
        expect([code, stderr]).toEqual([0, expect.stringContaining(`put the hash into ${id}.yaml`)]);
      }
      expect(await lastAction()).toBe('clients.secret');
    });
  });

  describe('the code of an app', () => {
    it('is printed for its framework, and the same by the API', async () => {
      const { stdout, stderr } = await signoff('clients', 'snippet', 'wiki', '--for', 'koa');
      const { json } = await api('/clients/wiki/snippet?for=koa');
      for (const { name, text } of json.files) {
        expect(stdout).toContain(text);
        expect(stderr).toContain(`${name}:`);
      }
      const untold = await signoff('clients', 'snippet', 'shop');
      expect(untold.stderr).toContain('Register https://shop.example/backchannel-logout as backchannel_logout_uri');
      expect((await signoff('clients', 'snippet', 'wiki', '--for', 'cobol')).code).toBe(2);
      expect((await signoff('clients', 'snippet', 'none')).code).toBe(4);
    });
  });
});
