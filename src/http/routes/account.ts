import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { factorWays } from '../../accounts/factor-ways.ts';
import type { Passwords } from '../../accounts/password.ts';
import { type PasswordFault, passwordFault } from '../../accounts/password-rules.ts';
import type { SecondStep } from '../../accounts/second-step.ts';
import type { SignInResult, SignInTry } from '../../accounts/verify-sign-in.ts';
import { seatOfSession } from '../../activity/activity-event.ts';
import { passwordEvent } from '../../activity/password-event.ts';
import { pageOld } from '../../errors.ts';
import type { EndSessions } from '../../logout/end-sessions.ts';
import type { MailPlanner } from '../../mails/plan-mails.ts';
import type { Credentials, Store } from '../../store/store.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { formOf } from '../middleware/read-body.ts';
import type { FactorNumbers, PasswordNotice } from '../own-pages/account-page-models.ts';
import { type Person, personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { retryAfter } from '../retry-after.ts';
import { seeOther } from '../see-other.ts';
import { type AnswerLogoutParts, answerLogout } from './answer-logout.ts';

export interface AccountParts extends AnswerLogoutParts {
  readonly store: AnswerLogoutParts['store'] & Pick<Store, 'accounts' | 'sessions'>;
  readonly render: Renderer['render'];
  readonly endSessions: EndSessions;
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly mails: Pick<MailPlanner, 'passwordChanged'>;
  readonly signedInOnly: SignedInOnly;
  readonly secondStep: Pick<SecondStep, 'enabled' | 'of'>;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

const ACCOUNT = '/account';
const PASSWORD = '/account/password';

/** `/account`: who am I here. `/account/password`: a new password; spares this session, and unless told otherwise no other. */
export function mountAccount(router: Router, parts: AccountParts): void {
  const { signedInOnly, takeForm } = parts;

  router.get(ACCOUNT, signedInOnly(ACCOUNT), async (ctx) => {
    const { account } = personOf(ctx);
    const { email } = account.claims;
    parts.render(ctx, 'account', {
      person: personFace(account),
      ...(typeof email === 'string' && { email }),
      now: parts.clock.now(),
      passwordChangedAt: account.passwordChangedAt,
      changed: ctx.query['changed'] === '1',
      ...(parts.secondStep.enabled && { factors: numbersOf(await parts.secondStep.of(account.id)) }),
    });
  });

  // What password managers look for (W3C "A Well-Known URL for Changing Passwords").
  router.get('/.well-known/change-password', (ctx) => seeOther(ctx, PASSWORD));

  router.get(PASSWORD, signedInOnly(PASSWORD), (ctx) => show(ctx, undefined, parts));

  router.post(PASSWORD, takeForm, signedInOnly(PASSWORD), async (ctx) => {
    const notice = await judge(ctx, parts);
    if (notice) await show(ctx, notice, parts);
    else await change(ctx, parts);
  });
}

function numbersOf(credentials: Credentials): FactorNumbers {
  const { passkeys } = factorWays(credentials);
  return {
    href: '/account/factors',
    passkeys: passkeys.length,
    authenticatorApps: credentials.list.length - passkeys.length,
    recoveryCodes: credentials.recoveryCodes,
  };
}

/** As at the sign-in page. */
const STATUS: Readonly<Record<PasswordNotice['kind'], number>> = {
  empty: 400,
  same: 400,
  bad: 400,
  wrong: 401,
  wait: 429,
};

async function show(ctx: Context, notice: PasswordNotice | undefined, parts: AccountParts): Promise<void> {
  const { account, browser } = personOf(ctx);
  const { sessions } = await parts.store.sessions.reach(account.id, browser.session.uid);
  const model = {
    form: { action: PASSWORD },
    person: personFace(account),
    others: sessions,
    keepOthers: notice !== undefined && keepsOthers(ctx),
    ...(notice && { notice }),
  };
  parts.render(ctx, 'account-password', model, { status: notice ? STATUS[notice.kind] : 200 });
}

function keepsOthers(ctx: Context): boolean {
  return formOf(ctx).values.get('others') === 'keep';
}

/** What is wrong with what was typed; undefined where the password may be changed. The old one is asked for, whenever it was last. */
async function judge(ctx: Context, { verifySignIn }: AccountParts): Promise<PasswordNotice | undefined> {
  const { values } = formOf(ctx);
  const [current, password] = [values.get('current') ?? '', values.get('password') ?? ''];
  if (current === '' || password === '') return { kind: 'empty' };
  const fault: PasswordFault | undefined = await passwordFault(password);
  if (fault) return { kind: 'bad', fault };
  const { account, browser } = personOf(ctx);
  const { name: device } = browser.session.device;
  const result = await verifySignIn({
    username: account.username,
    password: current,
    address: clientAddressOf(ctx),
    device,
  });
  if (result.kind === 'limited') return { kind: 'wait', seconds: retryAfter(ctx, result.retryAfterMs) };
  if (result.kind !== 'ok' || result.account.id !== account.id) return { kind: 'wrong' };
  return current === password ? { kind: 'same' } : undefined;
}

async function change(ctx: Context, parts: AccountParts): Promise<void> {
  const person = personOf(ctx);
  const passwordHash = await parts.passwords.hash(formOf(ctx).values.get('password') ?? '');
  if (keepsOthers(ctx)) return keepOthers(ctx, person, passwordHash, parts);
  const { account, browser } = person;
  const ended = await parts.endSessions(
    { kind: 'account', accountId: account.id, exceptUid: browser.session.uid },
    {
      reason: 'password-changed',
      actor: { kind: 'user', id: account.id },
      accountChange: { passwordHash },
      browserUid: browser.session.uid,
      from: seatOfSession(person.browser.session),
    },
  );
  if (ended.kind === 'nothing') return seeOther(ctx, '/devices');
  return answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
}

async function keepOthers(ctx: Context, person: Person, passwordHash: string, parts: AccountParts): Promise<void> {
  const { account } = person;
  const at = parts.clock.now();
  const seat = seatOfSession(person.browser.session);
  const mail = parts.mails.passwordChanged(account, at, { ...seat, by: 'user', sessions: 0, appNames: [] });
  const news = {
    events: [passwordEvent(account.id, at, { what: 'changed', actor: 'user', seat })],
    mails: mail ? [mail] : [],
  };
  const change = { accountId: account.id, from: account.passwordHash, passwordHash, at, news };
  // Somebody else was quicker, with a password that this page does not know.
  if (!(await parts.store.accounts.changePassword(change))) throw pageOld();
  seeOther(ctx, `${ACCOUNT}?changed=1`);
}
