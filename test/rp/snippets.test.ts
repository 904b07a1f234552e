/** What `clients snippet` prints, run as it stands: a framework is told of a sign-off by a real logout token. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Client } from '../../src/clients/client-file.ts';
import { clientSnippet, FRAMEWORKS, type Framework } from '../../src/clients/client-snippets.ts';
import { eventually } from '../spec/scene.ts';
import { freePort } from '../support/free-port.ts';
import { aClient } from '../unit/clients/a-client.ts';
import { type FakeProvider, startFakeProvider } from './fake-provider.ts';

const KIT = new URL('../../src/rp/rp.ts', import.meta.url).href;

let provider: FakeProvider;
let folder: string;

beforeAll(async () => {
  provider = await startFakeProvider('ES256', Date.now);
  folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.snippets-', import.meta.url)));
});
afterAll(() => {
  void provider.close();
  rmSync(folder, { recursive: true, force: true });
});

const anApp = (over: Readonly<Record<string, unknown>> = {}): Client =>
  aClient({
    client_id: 'shop',
    id_token_signed_response_alg: 'ES256',
    redirect_uris: ['https://shop.example/callback'],
    backchannel_logout_uri: 'https://shop.example/signed-off',
    ...over,
  });

/** Writes the files of a snippet as somebody would paste them, the kit from here. */
function paste(framework: Framework, client: Client): string {
  const place = join(folder, framework);
  for (const { name, text } of clientSnippet(provider.issuer, client, framework).files) {
    const file = join(place, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.replace("'signoff/rp'", JSON.stringify(KIT)));
  }
  return place;
}

describe.each(['node', 'express', 'koa'] as const)('the code for %s', (framework) => {
  let app: ChildProcess;
  let said = '';
  let address: string;

  beforeAll(async () => {
    const place = paste(framework, anApp());
    const iat = Math.floor(Date.now() / 1000);
    const main = `import { startSession } from './signoff.mjs';
      startSession('local-1', { sid: 'sid-1', sub: 'mira', iat: ${iat} });
      await import('./app.mjs');`;
    writeFileSync(join(place, 'main.mjs'), main);
    const port = await freePort();
    address = `http://127.0.0.1:${port}/signed-off`;
    app = spawn(process.execPath, [join(place, 'main.mjs')], { env: { ...process.env, PORT: String(port) } });
    app.stdout?.on('data', (chunk) => {
      said += chunk;
    });
    app.stderr?.pipe(process.stderr);
    while (!(await fetch(address).catch(() => undefined)));
  });
  afterAll(() => void app.kill());

  const post = async (claims: Readonly<Record<string, unknown>>) =>
    fetch(address, { method: 'POST', body: new URLSearchParams({ logout_token: await provider.token({ claims }) }) });

  it('ends the session of a good token, and refuses one for another app', async () => {
    expect((await post({ aud: 'mail' })).status).toBe(400);
    expect((await post({ sid: 'sid-1' })).status).toBe(200);
    await eventually(async () => /refused .*\nended \[ 'local-1' \]/u.test(said));
  });
});

describe('the code for every framework', () => {
  it.each(FRAMEWORKS)('%s names issuer, app and addresses, and no secret', (framework) => {
    const client = anApp({ client_secret: 'not to be seen by anybody at all' });
    const text = clientSnippet('https://id.example', client, framework)
      .files.map((file) => file.text)
      .join('\n');
    for (const said of ['"https://id.example', '"shop"', 'https://shop.example/callback']) expect(text).toContain(said);
    expect(text).not.toContain('not to be seen');
  });

  it.each(['fastify', 'next'] as const)('%s is JavaScript', async (framework) => {
    const place = paste(framework, anApp({ backchannel_logout_uri: 'https://shop.example/api/signed-off' }));
    const names = clientSnippet(provider.issuer, anApp(), framework).files.map(({ name }) => name);
    const name = framework === 'next' ? 'pages/api/signed-off.js' : String(names.at(-1));
    const check = spawn(process.execPath, ['--check', join(place, name)], { stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await new Promise((closed) => check.once('close', closed))).toBe(0);
  });

  it('writes a hostile id as a value of each language, wherever it stands', () => {
    const id = `a"b\\c'\`;//*/#`;
    const [yaml] = clientSnippet('https://id.example', anApp({ client_id: id }), 'spring').files;
    const read = parse(yaml?.text ?? '') as { spring: { security: { oauth2: { client: { registration: object } } } } };
    expect(read.spring.security.oauth2.client.registration).toMatchObject({ signoff: { 'client-id': id } });
    const [kit] = clientSnippet('https://id.example', anApp({ client_id: id }), 'node').files;
    expect(kit?.text).toContain(`const clientId = ${JSON.stringify(id)};`);
  });

  it('says where the framework listens, when that is not what is registered, and when nothing is', () => {
    const notes = (framework: Framework, over: Readonly<Record<string, unknown>> = {}) =>
      clientSnippet('https://id.example', anApp(over), framework).notes.join(' ');
    expect(notes('spring')).toContain('https://shop.example/logout/connect/back-channel/signoff');
    const own = 'https://shop.example/logout/connect/back-channel/shop';
    expect(notes('spring', { backchannel_logout_uri: own })).not.toContain('listens at');
    expect(notes('apache')).toContain('https://shop.example/callback?logout=backchannel');
    const { backchannel_logout_uri: _none, ...untold } = anApp();
    expect(clientSnippet('https://id.example', untold, 'koa').notes).toEqual([
      expect.stringContaining('Register https://shop.example/backchannel-logout'),
    ]);
  });
});
