import { z } from 'zod';
import { iso } from '../ops/clock.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import type { RegistrationTokenRow } from '../store/store.ts';
import type { Admin } from './admin.ts';
import { auditOf } from './audit-notes.ts';
import { durationText, InvalidInput, idText, instant, listOf, msOf, pageMembers, pageOf } from './input.ts';
import { notThere, useCase } from './use-case.ts';

const KEEPERS = { scope: 'signoff.clients', role: 'operator' } as const;
const LIFE_MAX_MS = 366 * 86_400_000;

const tokenRow = z.strictObject({
  id: z.string(),
  party: z.enum(['first', 'third']),
  uses_left: z.number().int(),
  created_at: instant,
  expires_at: instant,
});

function toRow({ id, party, usesLeft, createdAt, expiresAt }: RegistrationTokenRow): z.output<typeof tokenRow> {
  return { id, party, uses_left: usesLeft, created_at: iso(createdAt), expires_at: iso(expiresAt) };
}

export const listRegistrationTokens = useCase({
  ...KEEPERS,
  name: 'registration-tokens.list',
  summary: 'List initial access tokens, by which apps register themselves.',
  input: z.strictObject(pageMembers),
  output: listOf(tokenRow),
  async run({ store }, _who, { limit, after }) {
    const rows = await store.operators.registrationTokens({ limit, ...(after !== undefined && { after }) });
    return pageOf(rows.map(toRow), limit, ({ id }) => id);
  },
});

export const addRegistrationToken = useCase({
  ...KEEPERS,
  name: 'registration-tokens.add',
  summary: 'Make an initial access token; it is shown once.',
  input: z.strictObject({
    uses: z.int().min(1).max(10_000).default(1).describe('How many apps it registers.'),
    expires_in: durationText.default('24h').describe('How long it works, at most 366d.'),
    party: z.enum(['first', 'third']).default('third').describe('What these apps are.'),
  }),
  output: tokenRow.extend({ token: z.string() }),
  async run(admin, who, { uses, expires_in, party }) {
    const lifeMs = msOf(expires_in);
    if (lifeMs < 1_000 || lifeMs > LIFE_MAX_MS) {
      throw new InvalidInput([{ field: 'expires_in', message: 'must be between 1s and 366d.' }]);
    }
    const token = `signoff_iat_${randomId(32)}`;
    const now = admin.clock.now();
    const facts = {
      id: randomId(),
      hash: sha256(token),
      party,
      usesLeft: uses,
      createdAt: now,
      expiresAt: now + lifeMs,
    };
    const row = toRow(facts);
    const note = { action: 'registration-tokens.add', subject: `registration-token ${facts.id}`, after: row };
    await admin.store.operators.addRegistrationToken(facts, auditOf(admin, who, note));
    return { ...row, token };
  },
});

export const revokeRegistrationToken = useCase({
  ...KEEPERS,
  name: 'registration-tokens.revoke',
  summary: 'Make an initial access token worthless; apps that it registered stay.',
  input: z.strictObject({ id: idText }),
  output: tokenRow,
  async run(admin, who, { id }) {
    const row = await tokenWithId(admin, id);
    const before = row && toRow(row);
    const note = { action: 'registration-tokens.revoke', subject: `registration-token ${id}`, before };
    if (before && (await admin.store.operators.revokeRegistrationToken(id, auditOf(admin, who, note)))) return before;
    throw notThere('registration_token_unknown', `There is no initial access token ${id}.`);
  },
});

async function tokenWithId({ store }: Admin, id: string): Promise<RegistrationTokenRow | undefined> {
  for (let after: string | undefined; ; ) {
    const page = await store.operators.registrationTokens({ limit: 200, ...(after !== undefined && { after }) });
    const found = page.find((row) => row.id === id);
    if (found || page.length < 200) return found;
    after = page.at(-1)?.id;
  }
}
