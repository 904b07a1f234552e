import {
  addRegistrationToken,
  listRegistrationTokens,
  revokeRegistrationToken,
} from '../../admin/registration-tokens.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Visit, WriteVisit } from './admin-frame.ts';
import type { Field, Sheet } from './admin-page-models.ts';
import { button, calm, code, pager, pathTo, table, text, time, words } from './cells.ts';
import { saidBy } from './done-notice.ts';

const TOKENS = pathTo('registration-tokens');
const REVOKE = pathTo('registration-tokens', 'revoke');

const DONE = { revoked: 'The token is revoked; apps that it registered stay.' };

const FIELDS: readonly Field[] = [
  { name: 'uses', label: 'Uses', input: 'number', value: '1', hint: 'How many apps it registers.' },
  { name: 'expires_in', label: 'Life', input: 'text', value: '24h', hint: 'How long it works, at most 366d.' },
  {
    name: 'party',
    label: 'What these apps are',
    input: 'radio',
    value: 'third',
    options: [
      { value: 'first', label: 'Ours: no consent page' },
      { value: 'third', label: 'Somebody else’s: people are asked for consent' },
    ],
  },
];

/** `/admin/registration-tokens`: initial access tokens, by which apps register themselves. */
export function mountRegistrationTokens(frame: AdminFrame): void {
  frame.get(TOKENS, (visit) => tokensSheet(visit));
  frame.post(TOKENS, add, (visit, sent) => tokensSheet(visit, sent));
  frame.post(REVOKE, revoke);
}

async function tokensSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  const after = visit.query('after');
  const { items, next } = await visit.perform(listRegistrationTokens, { after });
  const rows = items.map(({ id, party, uses_left: uses, created_at: created, expires_at: expires }) => ({
    cells: [code(id), text(party), text(String(uses)), time(created), time(expires)],
    ...(visit.may(revokeRegistrationToken) && { buttons: [button('Revoke', REVOKE, { fields: { id }, unseen: id })] }),
  }));
  const form = { action: TOKENS, fields: FIELDS, button: 'Make a token', folded: 'New registration token' };
  return {
    headline: 'Registration tokens',
    blocks: [
      ...saidBy(visit, DONE),
      words('By one of these, whoever holds it registers apps. They count where SIGNOFF_REGISTRATION says token.'),
      table('Registration tokens', ['Token', 'Party', 'Uses left', 'Made', 'Expires'], rows, 'There are no tokens.'),
      ...pager(TOKENS, {}, { after, next }),
      ...(visit.may(addRegistrationToken) ? [formBlock(form, sent)] : []),
    ],
  };
}

async function add(visit: WriteVisit): Promise<Sheet | undefined> {
  const input = readFields(FIELDS, visit.values);
  const made = await visit.write({ useCase: addRegistrationToken, input, backHref: TOKENS });
  if (made === undefined) return undefined;
  return {
    headline: 'New registration token',
    above: { text: 'Registration tokens', href: TOKENS },
    blocks: [
      calm('Copy the token now: it is shown this once, and kept as a hash only.'),
      { kind: 'secret', label: 'Registration token', text: made.token },
      {
        kind: 'facts',
        rows: [
          { label: 'Id', cell: code(made.id) },
          { label: 'Party', cell: text(made.party) },
          { label: 'Uses', cell: text(String(made.uses_left)) },
          { label: 'Expires', cell: time(made.expires_at) },
        ],
      },
    ],
  };
}

async function revoke(visit: WriteVisit) {
  const input = { id: visit.values.get('id') };
  const done = await visit.write({ useCase: revokeRegistrationToken, input, backHref: TOKENS });
  return done && { to: `${TOKENS}?done=revoked` };
}
