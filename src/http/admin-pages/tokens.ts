import type { z } from 'zod';
import { API_SCOPES } from '../../admin/roles.ts';
import { addToken, listTokens, revokeToken, type tokenRow } from '../../admin/tokens.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Field, Sheet, TableRow } from './admin-page-models.ts';
import { button, calm, heading, link, pager, pathTo, table, text, time } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { mayOpen } from './navigation.ts';

type Token = z.output<typeof tokenRow>;

const TOKENS = pathTo('tokens');
const REVOKE = pathTo('tokens', 'revoke');

const DONE = { revoked: 'The token is revoked; it opens nothing any more.' };

const FIELDS: readonly Field[] = [
  { name: 'name', label: 'Name', input: 'text', hint: 'What it is for.' },
  { name: 'account', label: 'Account', input: 'text', hint: 'Whose, by name or id; your own where it is empty.' },
  {
    name: 'scopes',
    label: 'Scopes',
    input: 'checks',
    options: API_SCOPES.map((scope) => ({ value: scope, label: scope })),
  },
  { name: 'expires_in', label: 'Life', input: 'text', value: '90d', hint: 'How long it works, at most 366d.' },
];

/** `/admin/tokens`: personal access tokens, by which programs act in the name of an operator. */
export function mountTokens(frame: AdminFrame): void {
  frame.get(TOKENS, (visit) => tokensSheet(visit));
  frame.post(TOKENS, add, (visit, sent) => tokensSheet(visit, sent));
  frame.post(REVOKE, revoke);
}

async function tokensSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  const [account, after] = [visit.query('account'), visit.query('after')];
  const { items, next } = await visit.perform(listTokens, { account, after });
  const rows = items.map((token) => rowOf(token, visit));
  return {
    headline: 'Tokens',
    blocks: [
      ...saidBy(visit, DONE),
      table('Personal access tokens', ['Name', 'Account', 'Scopes', 'Made', 'Expires'], rows, 'There are no tokens.'),
      ...pager(TOKENS, { account }, { after, next }),
      ...(visit.may(addToken) ? addForm(sent) : []),
    ],
  };
}

function rowOf(token: Token, visit: Visit): TableRow {
  const { id, account_id: accountId, name, scopes, created_at: created, expires_at: expires } = token;
  const person = pathTo('people', accountId);
  return {
    cells: [
      text(name),
      mayOpen(visit.who, person) ? link(accountId, person) : text(accountId),
      text(scopes.join(', ')),
      time(created),
      time(expires),
    ],
    ...(visit.may(revokeToken) && { buttons: [button('Revoke', REVOKE, { fields: { id }, unseen: name })] }),
  };
}

function addForm(sent: Sent | undefined): readonly Block[] {
  const form = { action: TOKENS, fields: FIELDS, button: 'Make a token' };
  return [heading('New token'), formBlock(form, sent)];
}

async function add(visit: WriteVisit): Promise<Sheet | undefined> {
  const input = readFields(FIELDS, visit.values);
  const made = await visit.write({ useCase: addToken, input, backHref: TOKENS });
  if (made === undefined) return undefined;
  return {
    headline: made.name,
    above: { text: 'Tokens', href: TOKENS },
    blocks: [
      calm('Copy the token now: it is shown this once, and kept as a hash only.'),
      { kind: 'secret', label: 'Token', text: made.token },
      {
        kind: 'facts',
        rows: [
          { label: 'Scopes', cell: text(made.scopes.join(', ')) },
          { label: 'Expires', cell: time(made.expires_at) },
        ],
      },
    ],
  };
}

async function revoke(visit: WriteVisit) {
  const done = await visit.write({ useCase: revokeToken, input: { id: visit.values.get('id') }, backHref: TOKENS });
  return done && { to: `${TOKENS}?done=revoked` };
}
