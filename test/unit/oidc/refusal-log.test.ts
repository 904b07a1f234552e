import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Rig, SECRET, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'k' }] };
  rig = await startRig({
    clients: [
      { client_id: 'secretive', party: 'first' },
      { client_id: 'keyed', party: 'first', token_endpoint_auth_method: 'private_key_jwt', jwks },
    ],
  });
});
afterAll(() => rig.close());

const basicOf = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

/** The lines that a refused call leaves. */
async function linesOf(path: string, headers: Record<string, string>, body: Record<string, string>) {
  const from = rig.lines.length;
  await fetch(rig.issuer + path, { method: 'POST', headers, body: new URLSearchParams(body) });
  return rig.lines.slice(from).filter(({ event }) => event === 'request.refused');
}

it('a proof that fails says which method was tried and which the file wants, and nothing of the secret', async () => {
  const sent = { client_id: 'keyed', client_secret: 'not-to-be-read' };

  for (const path of ['/token', '/token/revocation', '/token/introspection', '/request']) {
    const lines = await linesOf(path, {}, { grant_type: 'authorization_code', code: 'x', token: 'x', ...sent });

    expect(lines.map(({ facts }) => facts)).toEqual([
      expect.objectContaining({
        client_id: 'keyed',
        reason: 'invalid_client',
        description: 'client authentication failed',
        tried_method: 'client_secret_post',
        registered_method: 'private_key_jwt',
        detail: expect.stringContaining('does not match'),
      }),
    ]);
    expect(lines[0]?.facts).not.toHaveProperty('hint');
  }
  expect(JSON.stringify(rig.lines)).not.toContain('not-to-be-read');
});

it.each(['a+secret-with-a-plus', '100%-secret'])('%s in Basic must be form-encoded, says the line', async (secret) => {
  const lines = await linesOf(
    '/token',
    { authorization: basicOf(`secretive:${secret}`) },
    { grant_type: 'refresh_token' },
  );

  expect(lines.map(({ facts }) => facts)).toEqual([
    expect.objectContaining({ tried_method: 'client_secret_basic', hint: expect.stringContaining('form-encoded') }),
  ]);
  expect(JSON.stringify(rig.lines)).not.toContain(secret);
});

it('where the secret was good, no line speaks of it', async () => {
  const headers = { authorization: basicOf(`secretive:${SECRET}`) };

  const [line] = await linesOf('/token', headers, { grant_type: 'refresh_token', refresh_token: 'made-up' });

  expect(line?.facts).toMatchObject({ client_id: 'secretive', reason: 'invalid_grant' });
  expect(line?.facts).not.toHaveProperty('tried_method');
});
