import { z } from 'zod';
import { rotateCookieKeys } from '../oidc/cookie-keys.ts';
import {
  type KeyInfo,
  listKeys as listSigningKeys,
  retireKey as retireSigningKey,
  rotateKeys as rotateSigningKeys,
} from '../oidc/key-rotation.ts';
import { iso } from '../ops/clock.ts';
import { auditOf } from './audit-notes.ts';
import { idText, instant, listOf, reasonText } from './input.ts';
import { useCase } from './use-case.ts';

const READERS = { scope: 'signoff.read', role: 'operator' } as const;
const KEEPERS = { scope: 'signoff.admin', role: 'operator' } as const;

export const keyRow = z.strictObject({
  kid: z.string(),
  alg: z.string(),
  state: z.enum(['next', 'signing', 'published', 'retired', 'leaked']),
  created_at: instant,
  signs_from: instant,
  retired_at: instant.nullable(),
});

function toRow({ kid, alg, role, createdAt, signsFrom, retiredAt }: KeyInfo): z.output<typeof keyRow> {
  return {
    kid,
    alg,
    state: role,
    created_at: iso(createdAt),
    signs_from: iso(signsFrom),
    retired_at: iso(retiredAt) ?? null,
  };
}

export const listKeys = useCase({
  ...READERS,
  name: 'keys.list',
  summary: 'List signing keys, oldest first.',
  input: z.strictObject({}),
  output: listOf(keyRow),
  run: async (admin) => ({ items: (await listSigningKeys(admin)).map(toRow), next: null }),
});

export const rotateKeys = useCase({
  ...KEEPERS,
  name: 'keys.rotate',
  summary: 'Make new keys: published at once, signing after 10 minutes.',
  input: z.strictObject({
    leaked: z
      .boolean()
      .default(false)
      .describe('An old one has leaked: sign at once, and believe no older key any more.'),
    cookies: z.boolean().default(false).describe('The key that signs browser cookies instead.'),
    reason: reasonText,
  }),
  output: listOf(keyRow),
  async run(admin, who, { leaked, cookies, reason }) {
    const subject = cookies ? 'keys cookies' : 'keys signing';
    const audit = auditOf(admin, who, { action: rotateKeys.name, subject, reason, after: { leaked } });
    if (cookies) return { items: [cookieKeyRow(await rotateCookieKeys(admin, { leaked, audit }))], next: null };
    return { items: (await rotateSigningKeys(admin, { leaked, audit })).map(toRow), next: null };
  },
});

/** A cookie key has no public name. */
function cookieKeyRow({ createdAt, signsFrom }: { readonly createdAt: number; readonly signsFrom: number }) {
  const state = signsFrom > createdAt ? ('next' as const) : ('signing' as const);
  return {
    kid: 'cookies',
    alg: 'HMAC',
    state,
    created_at: iso(createdAt),
    signs_from: iso(signsFrom),
    retired_at: null,
  };
}

export const retireKey = useCase({
  ...KEEPERS,
  name: 'keys.retire',
  summary: 'Take a key out of the published set for good.',
  input: z.strictObject({ kid: idText, reason: reasonText }),
  output: keyRow,
  async run(admin, who, { kid, reason }) {
    const audit = auditOf(admin, who, { action: retireKey.name, subject: `key ${kid}`, reason });
    return toRow(await retireSigningKey(admin, kid, audit));
  },
});
