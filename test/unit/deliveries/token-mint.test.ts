import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { DeliveryClient } from '../../../src/deliveries/deliver.ts';
import type { SigningKey } from '../../../src/deliveries/logout-token.ts';
import { createTokenMint } from '../../../src/deliveries/token-mint.ts';
import { aDelivery } from './a-delivery.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY: SigningKey = { kid: 'k1', alg: 'ES256', privateKey };
const CLIENT = {
  client_id: 'wiki',
  id_token_signed_response_alg: 'ES256',
  logout: { subject: 'sub+sid', token_typ: 'logout+jwt', token_ttl: 120_000 },
} as DeliveryClient;

let now: number;
/** How often the key was asked for: once a signature. */
let signed: number;
/** So many of the next ones are not there. */
let missing: number;
beforeEach(() => {
  [now, signed, missing] = [NOW, 0, 0];
});

function mint() {
  return createTokenMint({
    issuer: 'https://op.example',
    clock: { now: () => now },
    signer: {
      keyFor: async () => {
        signed += 1;
        missing -= 1;
        if (missing >= 0) throw new Error('there is no key for ES256');
        return KEY;
      },
    },
  });
}

it('gives what was prepared once: each attempt has a token of its own', async () => {
  const { prepare, make } = mint();
  prepare(aDelivery(), CLIENT);
  const first = await make(aDelivery(), CLIENT);
  expect(signed).toBe(1);
  const second = await make(aDelivery(), CLIENT);
  expect(signed).toBe(2);
  expect(decodeJwt(first.token)).toMatchObject({ jti: first.jti, sid: 'sid-1', iat: NOW / 1_000 });
  expect(second.jti).not.toBe(first.jti);
});

it('gives none that has waited: its time would be short', async () => {
  const { prepare, make } = mint();
  prepare(aDelivery(), CLIENT);
  now = NOW + 2_000;
  const { token } = await make(aDelivery(), CLIENT);
  expect(decodeJwt(token).iat).toBe(NOW / 1_000 + 2);
});

it('signs when it is asked what it could not prepare', async () => {
  missing = 1;
  const { prepare, make } = mint();
  prepare(aDelivery(), CLIENT);
  await expect(make(aDelivery(), CLIENT)).resolves.toMatchObject({ token: expect.any(String) });
  missing = 1;
  await expect(make(aDelivery({ id: 'another' }), CLIENT)).rejects.toThrow('no key for ES256');
});

it('forgets the oldest of very many that nobody came for', async () => {
  const { prepare, make } = mint();
  for (let n = 0; n < 200; n += 1) prepare(aDelivery({ id: `d${n}` }), CLIENT);
  expect(signed).toBe(200);
  await make(aDelivery({ id: 'd199' }), CLIENT);
  expect(signed).toBe(200);
  await make(aDelivery({ id: 'd0' }), CLIENT);
  expect(signed).toBe(201);
});
