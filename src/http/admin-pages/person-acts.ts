import { deleteAccount, disableAccount, resetFactors, setPassword } from '../../admin/account-endings.ts';
import { changeAccount, enableAccount, showAccount } from '../../admin/accounts.ts';
import { endSessions, previewLogout } from '../../admin/logouts.ts';
import { permit, type UseCase } from '../../admin/use-case.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Field, Sheet } from './admin-page-models.ts';
import { afterEnd } from './after-end.ts';
import { pathTo, words } from './cells.ts';
import { CLAIMS, changeOf } from './claims-field.ts';
import { jsonIn } from './json-field.ts';
import { sessionOf } from './person.ts';
import { previewPoints } from './preview-points.ts';
import { REASON } from './reason-field.ts';
import { aboutNewPassword, NEW_PASSWORD } from './typed-password.ts';

/** What can be done to one account. What ends sessions says first how many. */
export function mountPersonActs(frame: AdminFrame): void {
  frame.post('/admin/people/:account/end', end);
  frame.post('/admin/people/:account/enable', enable);
  frame.post('/admin/people/:account/disable', (visit) =>
    endingAct(visit, { useCase: disableAccount, verb: 'Disable', done: 'disabled' }),
  );
  frame.post('/admin/people/:account/reset-factors', (visit) =>
    endingAct(visit, { useCase: resetFactors, verb: 'Reset the second factors of', done: 'factors' }),
  );
  frame.post('/admin/people/:account/delete', remove);
  frame.get('/admin/people/:account/password', (visit) => passwordSheet(visit));
  frame.post('/admin/people/:account/password', password, passwordSheet);
  frame.get('/admin/people/:account/claims', (visit) => claimsSheet(visit));
  frame.post('/admin/people/:account/claims', claims, claimsSheet);
}

/** Fields `session`, or `client` for one app in all of this account's sessions, or neither for all. */
async function end(visit: WriteVisit): Promise<Answer> {
  const { id, username } = await visit.perform(showAccount, { account: visit.param('account') });
  const [session, client] = [visit.values.get('session'), visit.values.get('client')];
  if (session !== undefined) await sessionOf(visit, id, session);
  const target = session === undefined ? { account: id, client } : { session };
  const backHref = pathTo('people', id);
  const ended = await visit.write({
    useCase: endSessions,
    input: { ...target, ...readFields([REASON], visit.values) },
    backHref,
    confirm: async () => ({
      headline:
        session !== undefined
          ? `End this session of ${username}?`
          : client !== undefined
            ? `Sign ${username} off at ${client}?`
            : `End all sessions of ${username}?`,
      blocks: [previewPoints(await visit.perform(previewLogout, target))],
      button: 'End',
      fields: [REASON],
    }),
  });
  return ended && afterEnd(ended.logout_id, backHref);
}

async function enable(visit: WriteVisit): Promise<Answer> {
  const account = visit.param('account');
  const backHref = pathTo('people', account);
  const done = await visit.write({ useCase: enableAccount, input: { account }, backHref });
  return done && { to: `${backHref}?done=enabled` };
}

interface EndingAct {
  readonly useCase: typeof disableAccount | typeof resetFactors;
  readonly verb: string;
  readonly done: string;
}

async function endingAct(visit: WriteVisit, { useCase, verb, done }: EndingAct): Promise<Answer> {
  const account = visit.param('account');
  const backHref = pathTo('people', account);
  const ended = await visit.write({
    useCase,
    input: { account, ...readFields([REASON], visit.values) },
    backHref,
    confirm: () => numbers(visit, verb, useCase),
  });
  return ended && { to: `${backHref}?done=${done}` };
}

async function remove(visit: WriteVisit): Promise<Answer> {
  const account = visit.param('account');
  const ended = await visit.write({
    useCase: deleteAccount,
    input: { account, ...readFields([REASON], visit.values) },
    backHref: pathTo('people', account),
    word: 'delete',
    confirm: () => numbers(visit, 'Delete', deleteAccount),
  });
  return ended && { to: pathTo('people') };
}

async function numbers(visit: Visit, verb: string, { summary }: Pick<UseCase, 'summary'>) {
  const account = visit.param('account');
  const [{ username }, preview] = await Promise.all([
    visit.perform(showAccount, { account }),
    visit.perform(previewLogout, { account }),
  ]);
  return {
    headline: `${verb} ${username}?`,
    blocks: [words(summary), previewPoints(preview)],
    button: verb === 'Disable' || verb === 'Delete' ? verb : 'Reset',
    fields: [REASON],
  };
}

const PASSWORD: readonly Field[] = [NEW_PASSWORD, REASON];

async function passwordSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  permit(visit.who, setPassword);
  const account = await visit.perform(showAccount, { account: visit.param('account') });
  const preview = await visit.perform(previewLogout, { account: account.id });
  const backHref = pathTo('people', account.id);
  const action = pathTo('people', account.id, 'password');
  const form = { action, fields: PASSWORD, button: 'Set the password', drastic: true, backHref };
  return {
    headline: `A new password for ${account.username}`,
    above: { text: account.username, href: backHref },
    blocks: [words(setPassword.summary), previewPoints(preview), formBlock(form, sent && aboutNewPassword(sent))],
  };
}

async function password(visit: WriteVisit): Promise<Answer> {
  const account = visit.param('account');
  const { new_password: typed, ...rest } = readFields(PASSWORD, visit.values);
  const backHref = pathTo('people', account);
  const done = await visit.write({ useCase: setPassword, input: { account, password: typed, ...rest }, backHref });
  return done && { to: `${backHref}?done=password` };
}

const CHANGE: readonly Field[] = [CLAIMS, REASON];

async function claimsSheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  permit(visit.who, changeAccount);
  const { id, username, claims } = await visit.perform(showAccount, { account: visit.param('account') });
  const backHref = pathTo('people', id);
  const fields = [{ ...CLAIMS, value: JSON.stringify(claims, null, 2) }, REASON];
  const form = { action: pathTo('people', id, 'claims'), fields, button: 'Save', backHref };
  return {
    headline: `Claims of ${username}`,
    above: { text: username, href: backHref },
    blocks: [words(changeAccount.summary), formBlock(form, sent)],
  };
}

async function claims(visit: WriteVisit): Promise<Answer> {
  const account = visit.param('account');
  const { claims: before } = await visit.perform(showAccount, { account });
  const { claims: typed, ...rest } = readFields(CHANGE, visit.values);
  const backHref = pathTo('people', account);
  const input = { account, claims: changeOf(before, jsonIn(typed)), ...rest };
  const done = await visit.write({ useCase: changeAccount, input, backHref });
  return done && { to: `${backHref}?done=changed` };
}
