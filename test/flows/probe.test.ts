import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createRemoteJWKSet } from 'jose';
import type { Probed } from '../../src/deliveries/probe.ts';
import { createLogoutHandler, createReplayGuard, createSidIndex, verifyLogoutToken } from '../../src/rp/rp.ts';
import { runCommand } from '../support/command.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

/** Apps that nobody would want, each at a path of one server. */
const ANSWERS: Readonly<
  Record<string, { readonly status: number; readonly body?: string; readonly location?: string }>
> = {
  '/yes': { status: 200 },
  '/login': { status: 302, location: '/sign-in' },
  '/csrf': { status: 403, body: '<!doctype html><h1>CSRF</h1>' },
  '/broken': { status: 500 },
};

describeFlows('the check-up of an app', () => {
  let world: World<'wiki'>;
  let odd: Server;
  const ended: string[] = [];
  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    const keys = createRemoteJWKSet(new URL(`${world.issuer}/jwks`));
    const rules = { issuer: world.issuer, clientId: 'kit', keys, replayGuard: createReplayGuard() };
    const kit = createLogoutHandler({
      verify: (token) => verifyLogoutToken(token, rules),
      index: createSidIndex(),
      endSession: (id) => void ended.push(id),
    });
    odd = createServer((request, response) => {
      if (request.url === '/kit') return void kit(request, response);
      const answer = ANSWERS[request.url ?? ''] ?? { status: 404 };
      response
        .writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location })
        .end(answer.body);
    });
    await new Promise<void>((listening) => odd.listen(0, '127.0.0.1', listening));
    const { port } = odd.address() as AddressInfo;
    const file = (id: string, more: object) => ({
      client_id: id,
      client_secret: `a secret of ${id} that nobody will ever guess`,
      redirect_uris: [`https://${id}.example.org/cb`],
      ...more,
    });
    for (const path of [...Object.keys(ANSWERS), '/kit']) {
      const id = path.slice(1);
      await write(file(id, { backchannel_logout_uri: `http://127.0.0.1:${port}${path}` }));
    }
    await write(file('nowhere', { backchannel_logout_uri: 'http://127.0.0.1:1/logout' }));
    await write(file('silent', {}));
    await world.server.reloadClients();
  });
  afterAll(async () => {
    odd.close();
    await world.stop();
  });

  const write = (one: { client_id: string }) =>
    writeFile(join(world.env['SIGNOFF_CLIENTS'] ?? '', `${one.client_id}.yaml`), JSON.stringify(one));

  async function probe(
    id: string,
  ): Promise<Probed & { readonly code: number; of(name: string): Probed['checks'][number] | undefined }> {
    const { stdout, code } = await runCommand(world, ['clients', 'probe', id, '--json']);
    const probed = JSON.parse(stdout) as Probed;
    return { ...probed, code, of: (name) => probed.checks.find((one) => one.name === name) };
  }

  async function linesOf(args: readonly string[]): Promise<readonly unknown[]> {
    const { stdout } = await runCommand(world, [...args, '--json']);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  it('gives an A to the receiving kit: it takes the good token and refuses each wrong one; nobody is signed off', async () => {
    const { grade, checks, code } = await probe('kit');
    expect(checks.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      'address',
      'good',
      'repeated-jti',
      'signature',
      'alg-none',
      'issuer',
      'audience',
      'expired',
      'no-events',
      'nonce',
      'typ',
    ]);
    expect([grade, code]).toEqual(['A', 0]);
    expect(ended).toEqual([]);
    await expect(world.store.deliveries.list({ clientId: 'kit' }, { limit: 1 })).resolves.toEqual([]);
  }, 60_000);

  it('keeps the grade with the app, and in the audit', async () => {
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    await probe('yes');
    const [shown] = await linesOf(['clients', 'show', 'yes']);
    expect(shown).toMatchObject({ checked_up: { grade: 'D', at } });
    const [other] = await linesOf(['clients', 'show', 'wiki']);
    expect(other).toMatchObject({ checked_up: null });
    const [row] = await linesOf(['audit', 'list', '--limit', '1']);
    expect(row).toMatchObject({ action: 'clients.probe', subject: 'client yes', after: { grade: 'D' } });
  }, 60_000);

  it('gives a D to one that says yes to everything, and tells what each costs', async () => {
    const { grade, code, of } = await probe('yes');
    expect([grade, code]).toEqual(['D', 1]);
    expect(of('good')).toMatchObject({ result: 'ok', got: '200' });
    expect(of('repeated-jti')).toMatchObject({ result: 'ok' });
    for (const name of ['signature', 'alg-none', 'issuer', 'audience', 'expired', 'no-events', 'nonce']) {
      expect(of(name)).toMatchObject({ result: 'wrong', expected: '400', got: '200', fix: expect.any(String) });
    }
  }, 60_000);

  it.each([
    ['login', '302', 'redirects'],
    ['csrf', '403', 'csrf_exempt'],
    ['broken', '500', 'its own log'],
    ['nowhere', 'nothing listens there (ECONNREFUSED)', 'see that the address is right'],
  ])('gives an F to %s, with the fix', async (id, got, fix) => {
    const { grade, checks, code, of } = await probe(id);
    expect([grade, code]).toEqual(['F', 1]);
    expect(of('good')).toMatchObject({ result: 'wrong', got, fix: expect.stringContaining(fix) });
    // Who refuses the good one refuses all.
    expect(checks.map(({ name }) => name)).toEqual(['address', 'good']);
  });

  it('says of one without an address that it cannot be told, and knows no other', async () => {
    const { grade, of } = await probe('silent');
    expect(grade).toBe('F');
    expect(of('address')).toMatchObject({ result: 'wrong', got: 'no backchannel_logout_uri' });
    expect((await runCommand(world, ['clients', 'probe', 'nobody'])).code).toBe(4);
  });
});
