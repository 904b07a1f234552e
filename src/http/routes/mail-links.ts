import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Account } from '../../accounts/account.ts';
import type { Passwords } from '../../accounts/password.ts';
import { type PasswordFault, passwordFault } from '../../accounts/password-rules.ts';
import type { Link, LinkPurpose, Seat } from '../../activity/news.ts';
import type { Cause, EndSessions } from '../../logout/end-sessions.ts';
import type { EndCause } from '../../logout/logout.ts';
import { sha256 } from '../../ops/ids.ts';
import { describeDevice } from '../../sessions/device.ts';
import type { Store } from '../../store/store.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { formOf } from '../middleware/read-body.ts';
import type { Renderer } from '../render.ts';
import { type AnswerLogoutParts, answerLogout } from './answer-logout.ts';

export interface MailLinksParts extends AnswerLogoutParts {
  readonly store: AnswerLogoutParts['store'] & Pick<Store, 'links' | 'accounts' | 'sessions'>;
  readonly render: Renderer['render'];
  readonly endSessions: EndSessions;
  readonly passwords: Pick<Passwords, 'hash'>;
  /** Mails with a link to a new password can be sent. */
  readonly offersReset: boolean;
  readonly rateLimit: RateLimit;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

/** A link that may be used, and whose. */
interface Held {
  readonly link: Link;
  readonly account: Account;
}

/**
 * What links in mails lead to. Whoever holds one need not be signed in, and is not afterwards. Looking at it does nothing:
 * scanners of mails follow links. Each works once, in the very write of the end that it asks for.
 */
export function mountMailLinks(router: Router, parts: MailLinksParts): void {
  const { rateLimit, takeForm } = parts;

  router.get('/not-me/:token', rateLimit.countRefused, async (ctx) => {
    const held = await find(ctx, 'not-me', parts);
    if (held) await showNotMe(ctx, held, parts);
    else showUsed(ctx, 'not-me', parts);
  });

  router.post('/not-me/:token', rateLimit.countRefused, takeForm, async (ctx) => {
    const held = await find(ctx, 'not-me', parts);
    if (!held) return showUsed(ctx, 'not-me', parts);
    return end(ctx, held, { reason: 'not-me', accountChange: { mustChangePassword: true } }, parts);
  });

  router.get('/reset/:token', rateLimit.countRefused, async (ctx) => {
    const held = await find(ctx, 'reset', parts);
    if (held) showReset(ctx, held, undefined, parts);
    else showUsed(ctx, 'reset', parts);
  });

  router.post('/reset/:token', rateLimit.countRefused, takeForm, async (ctx) => {
    const held = await find(ctx, 'reset', parts);
    if (!held) return showUsed(ctx, 'reset', parts);
    const password = formOf(ctx).values.get('password') ?? '';
    const fault = await passwordFault(password);
    if (fault) return showReset(ctx, held, fault, parts);
    const passwordHash = await parts.passwords.hash(password);
    return end(ctx, held, { reason: 'password-changed', accountChange: { passwordHash } }, parts);
  });
}

async function find(ctx: Context, purpose: LinkPurpose, { store, clock }: MailLinksParts): Promise<Held | undefined> {
  const link = await store.links.find(sha256(String(ctx['params'].token)), purpose, clock.now());
  if (!link || link.usedAt !== undefined) return undefined;
  const account = await store.accounts.find(link.accountId);
  return account?.state === 'active' ? { link, account } : undefined;
}

/** Everything of the account, this browser's session included where it is one of them. */
async function end(
  ctx: Context,
  { link, account }: Held,
  act: Pick<EndCause, 'reason'> & Required<Pick<Cause, 'accountChange'>>,
  parts: MailLinksParts,
): Promise<void> {
  const ended = await parts.endSessions(
    { kind: 'account', accountId: account.id },
    { ...act, actor: { kind: 'user', id: account.id }, linkHash: link.hash, from: seatOf(ctx) },
  );
  if (ended.kind === 'nothing') return showUsed(ctx, link.purpose, parts);
  return answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
}

function seatOf(ctx: Context): Seat {
  return { device: describeDevice(ctx.get('User-Agent')) };
}

async function showNotMe(ctx: Context, { account }: Held, parts: MailLinksParts): Promise<void> {
  const { sessions, apps } = await parts.store.sessions.reach(account.id);
  parts.render(ctx, 'not-me', {
    form: { action: ctx.path, hidden: [{ name: 'confirm', value: 'yes' }] },
    devices: sessions,
    signIns: apps.reduce((sum, app) => sum + app.signIns, 0),
    mails: parts.offersReset,
  });
}

function showReset(
  ctx: Context,
  { account }: Held,
  fault: PasswordFault | undefined,
  { render }: MailLinksParts,
): void {
  const model = { form: { action: ctx.path }, username: account.username, ...(fault && { fault }) };
  render(ctx, 'reset', model, { status: fault ? 400 : 200 });
}

/** Used, too old, or none of ours: nobody is told which. */
function showUsed(ctx: Context, purpose: LinkPurpose, { render, offersReset }: MailLinksParts): void {
  const another = purpose === 'reset' && offersReset ? { forgotHref: '/forgot' } : {};
  render(ctx, 'link-used', { purpose, ...another }, { status: 410 });
}
