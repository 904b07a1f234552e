import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { freePort } from '../support/free-port.ts';

/** The receiver of `docs/relying-parties.md`, taken from the page and run as it stands. */
describe('the receiver in docs/relying-parties.md', () => {
  const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.receiver-', import.meta.url)));
  let receiver: ChildProcess;
  let issuer: string;
  let address: string;
  let sign: (claims: object) => Promise<string>;
  let stopProvider: () => void;

  beforeAll(async () => {
    ({ issuer, sign, stop: stopProvider } = await startProvider());
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    writeFileSync(`${folder}/receiver.mjs`, takeFromThePage());
    writeFileSync(`${folder}/app.mjs`, APP);
    const env = { ...process.env, ISSUER: issuer, PORT: String(port) };
    receiver = spawn(process.execPath, [`${folder}/app.mjs`], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    await untilItListens(address);
  });
  afterAll(() => {
    receiver.kill();
    stopProvider();
    rmSync(folder, { recursive: true, force: true });
  });

  const sessions = async () => (await fetch(address)).json();
  const post = async (token: string) =>
    fetch(`${address}/backchannel-logout`, { method: 'POST', body: new URLSearchParams({ logout_token: token }) });

  it('keeps the session when the token is not for it', async () => {
    expect((await post(await sign({ aud: 'mail' }))).status).toBe(400);
    expect(await sessions()).toEqual(['local-1', 'local-2']);
  });

  it('ends the one session of the sid, and answers 200, also the second time', async () => {
    expect((await post(await sign({ sid: 'sid-1' }))).status).toBe(200);
    expect(await sessions()).toEqual(['local-2']);
    expect((await post(await sign({ sid: 'sid-1' }))).status).toBe(200);
  });
});

/** Two people have signed in before the test looks. */
const APP = `
import { startSession } from './receiver.mjs';
const iat = Math.floor(Date.now() / 1000);
startSession('local-1', { sid: 'sid-1', sub: 'mira', iat });
startSession('local-2', { sid: 'sid-2', sub: 'noor', iat });
`;

/** The page's program says nothing when it is up, as programs do. */
async function untilItListens(address: string): Promise<void> {
  while (!(await fetch(address).catch(() => undefined)));
}

function takeFromThePage(): string {
  const page = readFileSync(new URL('../../docs/relying-parties.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const kit = new URL('../../src/rp/rp.ts', import.meta.url).href;
  expect(code).toContain("'signoff/rp'");
  return code.replace("'signoff/rp'", JSON.stringify(kit));
}

async function startProvider() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    const isDiscovery = request.url?.startsWith('/.well-known/');
    response.end(JSON.stringify(isDiscovery ? { jwks_uri: `${issuer}/jwks` } : { keys: [jwk] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  let count = 0;
  const sign = async (claims: object) => {
    count += 1;
    return new SignJWT({ aud: 'wiki', jti: `jti-${count}`, events, sid: 'sid-1', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'logout+jwt' })
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(privateKey);
  };
  return { issuer, sign, stop: () => void server.close() };
}
