import { z } from 'zod';
import { ROLES } from '../accounts/account.ts';
import { iso } from '../ops/clock.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import { auditOf } from './audit-notes.ts';
import { FIRST_LINK_MS } from './first-owner.ts';
import { idText, instant, listOf, reasonText } from './input.ts';
import { accountNamed, usernames } from './people.ts';
import { conflict, notThere, useCase } from './use-case.ts';

const OWNERS = { scope: 'signoff.admin', role: 'owner' } as const;

const role = z.enum(ROLES);

const operatorRow = z.strictObject({
  account_id: z.string(),
  username: z.string().nullable(),
  role,
  since: instant,
});

export const listOperators = useCase({
  ...OWNERS,
  name: 'operators.list',
  summary: 'List who runs this service.',
  input: z.strictObject({}),
  output: listOf(operatorRow),
  async run(admin) {
    const nameOf = usernames(admin);
    const rows = await admin.store.operators.list();
    const items = rows.map(async ({ accountId, ...row }) => ({
      account_id: accountId,
      username: await nameOf(accountId),
      role: row.role,
      since: iso(row.since),
    }));
    return { items: await Promise.all(items), next: null };
  },
});

export const setRole = useCase({
  ...OWNERS,
  name: 'operators.set',
  summary: 'Give an account its one role: support, operator or owner.',
  input: z.strictObject({ account: idText, role, reason: reasonText }),
  output: operatorRow,
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    const before = await admin.store.operators.role(account.id);
    const audit = auditOf(admin, who, {
      action: setRole.name,
      subject: `account ${account.id}`,
      reason: input.reason,
      before: { role: before ?? null },
      after: { role: input.role },
    });
    assertDone(await admin.store.operators.setRole(account.id, input.role, audit.at, audit), account.username);
    const row = (await admin.store.operators.list()).find(({ accountId }) => accountId === account.id);
    return {
      account_id: account.id,
      username: account.username,
      role: row?.role ?? input.role,
      since: iso(row?.since ?? audit.at),
    };
  },
});

export const removeRole = useCase({
  ...OWNERS,
  name: 'operators.remove',
  summary: 'Take the role of an account away; its tokens do nothing from now on.',
  input: z.strictObject({ account: idText, reason: reasonText }),
  output: z.strictObject({ account_id: z.string(), username: z.string(), role: z.null() }),
  async run(admin, who, input) {
    const account = await accountNamed(admin, input.account);
    const before = await admin.store.operators.role(account.id);
    if (!before) throw notThere('operator_unknown', `${account.username} has no role.`);
    const audit = auditOf(admin, who, {
      action: removeRole.name,
      subject: `account ${account.id}`,
      reason: input.reason,
      before: { role: before },
      after: { role: null },
    });
    assertDone(await admin.store.operators.setRole(account.id, undefined, audit.at, audit), account.username);
    return { account_id: account.id, username: account.username, role: null };
  },
});

function assertDone(answer: 'done' | 'unchanged' | 'nobody' | 'last-owner', username: string): void {
  if (answer === 'nobody') throw conflict('account_disabled', `${username} is disabled; enable the account first.`);
  if (answer === 'last-owner') {
    throw conflict('last_owner', `${username} is the only owner left; make somebody else an owner first.`);
  }
}

export const newFirstLink = useCase({
  ...OWNERS,
  name: 'operators.link',
  summary: 'Make the link by which the first owner comes in: once, within 15 minutes.',
  input: z.strictObject({}),
  output: z.strictObject({ url: z.string(), expires_at: instant }),
  async run(admin, who) {
    const rows = await admin.store.operators.list();
    const owners = rows.filter((row) => row.role === 'owner').map((row) => admin.store.operators.role(row.accountId));
    if ((await Promise.all(owners)).some((found) => found === 'owner')) {
      throw conflict('owner_there', 'There is an owner already, who can give roles: operators add NAME.');
    }
    const token = randomId(32);
    const audit = auditOf(admin, who, { action: newFirstLink.name, subject: 'service' });
    const expiresAt = audit.at + FIRST_LINK_MS;
    await admin.store.operators.saveFirstLink({ hash: sha256(token), expiresAt }, audit);
    return { url: `${admin.issuer}/admin/first/${token}`, expires_at: iso(expiresAt) };
  },
});
