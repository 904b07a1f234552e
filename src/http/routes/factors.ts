import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { CREDENTIALS_MAX, type Credential } from '../../accounts/credential.ts';
import { type Added, cleanName, type Enrolment } from '../../accounts/enrolment.ts';
import { isTwoFactor, type Proof } from '../../accounts/proof.ts';
import { seatOfSession } from '../../activity/activity-event.ts';
import type { Seat } from '../../activity/news.ts';
import type { EndSessions } from '../../logout/end-sessions.ts';
import type { Clock } from '../../ops/clock.ts';
import type { HeldSession, Store } from '../../store/store.ts';
import { formOf } from '../middleware/read-body.ts';
import type { AskFirst } from '../own-pages/ask-first.ts';
import type { FactorsPage } from '../own-pages/own-page-models.ts';
import { personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import type { Renderer } from '../render.ts';
import { seeOther } from '../see-other.ts';
import { totpFace } from '../totp-face.ts';
import { type AnswerLogoutParts, answerLogout } from './answer-logout.ts';

export interface FactorsParts extends AnswerLogoutParts {
  readonly store: AnswerLogoutParts['store'] & {
    readonly credentials: Pick<Store['credentials'], 'ofAccount' | 'rename' | 'remove'>;
  };
  readonly enrolment: Enrolment;
  /** `SIGNOFF_SECOND_FACTOR` is `require`. */
  readonly factorRequired: boolean;
  readonly secondStep: { readonly enabled: boolean };
  readonly endSessions: EndSessions;
  /** Keeps what was proved just now as the latest proof of this session. */
  readonly provedAgain: (ctx: Context, held: HeldSession, proof: Proof) => Promise<void>;
  readonly askFirst: AskFirst;
  readonly signedInOnly: SignedInOnly;
  readonly takeForm: Middleware;
  readonly clock: Clock;
  readonly render: Renderer['render'];
}

const FACTORS = '/account/factors';

/**
 * `/account/factors`: passkeys, authenticator apps and recovery codes of whoever is signed in. Adding and taking away asks
 * for as much as a sign-in, where the last one is too old or was asked for less.
 */
export function mountFactors(router: Router, parts: FactorsParts): void {
  if (!parts.secondStep.enabled) return;
  const { store, enrolment, render, clock, signedInOnly, takeForm } = parts;
  const guard = signedInOnly(FACTORS);
  const act = { proof: 'all', backHref: FACTORS } as const;
  const back = (ctx: Context) => seeOther(ctx, FACTORS);

  router.get(FACTORS, guard, async (ctx) => {
    render(ctx, 'factors', await pageOf(personOf(ctx).account.id));
  });
  // A language that is chosen on an answer to one of these forms, or the back button, leads here.
  router.get([`${FACTORS}/totp`, `${FACTORS}/passkey`, `${FACTORS}/codes`, `${FACTORS}/remove`], guard, back);

  async function pageOf(accountId: string): Promise<FactorsPage> {
    const { list, recoveryCodes } = await store.credentials.ofAccount(accountId);
    return {
      now: clock.now(),
      rows: list.map(({ id, kind, name, createdAt, lastUsedAt, ...rest }) => ({
        id,
        kind: kind === 'passkey' && 'synced' in rest && rest.synced ? 'passkey-synced' : kind,
        name,
        createdAt,
        ...(lastUsedAt !== undefined && { lastUsedAt }),
      })),
      recoveryCodes,
      full: list.length >= CREDENTIALS_MAX,
      base: FACTORS,
    };
  }

  router.post(`${FACTORS}/totp`, guard, takeForm, async (ctx) => {
    if (!(await parts.askFirst.mayGoOn(ctx, act))) return;
    const { account } = personOf(ctx);
    const { values } = formOf(ctx);
    const code = values.get('code');
    const added = code === undefined ? undefined : await enrolment.addTotp({ ...newFactor(ctx), code });
    if (added?.kind === 'added') return afterAdding(ctx, added);
    const form = { action: `${FACTORS}/totp` };
    const totp = totpFace(enrolment.offerTotp(account));
    const page = { form, totp, wrong: added !== undefined, entering: false, otherHref: FACTORS };
    render(ctx, 'totp-new', page, { status: added === undefined ? 200 : 401 });
  });

  router.post(`${FACTORS}/passkey`, guard, takeForm, async (ctx) => {
    if (!(await parts.askFirst.mayGoOn(ctx, act))) return;
    const { account } = personOf(ctx);
    const answer = formOf(ctx).values.get('passkey');
    const added = answer === undefined ? undefined : await enrolment.addPasskey({ ...newFactor(ctx), answer });
    if (added?.kind === 'added') return afterAdding(ctx, added);
    const form = { action: `${FACTORS}/passkey` };
    const passkey = await enrolment.offerPasskey(account);
    const page = { form, passkey, wrong: added !== undefined, entering: false, otherHref: FACTORS };
    render(ctx, 'passkey-new', page, { status: added === undefined ? 200 : 401 });
  });

  router.post(`${FACTORS}/codes`, guard, takeForm, async (ctx) => {
    if (!(await parts.askFirst.mayGoOn(ctx, act))) return;
    const codes = await enrolment.newCodes(personOf(ctx).account.id, seatOf(ctx));
    if (codes === undefined) back(ctx);
    else render(ctx, 'recovery-codes', { codes, onward: { href: FACTORS } });
  });

  router.post(`${FACTORS}/name`, guard, takeForm, async (ctx) => {
    const { values } = formOf(ctx);
    const name = cleanName(values.get('name') ?? '');
    await store.credentials.rename(personOf(ctx).account.id, values.get('id') ?? '', name);
    back(ctx);
  });

  router.post(`${FACTORS}/remove`, guard, takeForm, async (ctx) => {
    const { values } = formOf(ctx);
    const { list } = await store.credentials.ofAccount(personOf(ctx).account.id);
    const credential = list.find(({ id }) => id === values.get('id'));
    if (credential === undefined) return back(ctx);
    if (!(await parts.askFirst.mayGoOn(ctx, act))) return;
    if (values.get('decision') === 'remove') return remove(ctx, credential);
    const last = list.length > 1 ? undefined : parts.factorRequired ? ('required' as const) : ('last' as const);
    const { id, name } = credential;
    const form = { action: `${FACTORS}/remove`, hidden: [{ name: 'id', value: id }] };
    render(ctx, 'factor-remove', { form, name, backHref: FACTORS, ...(last && { last }) });
  });

  /** Ends the other sessions in the same write, where that was wished. */
  async function remove(ctx: Context, credential: Credential): Promise<void> {
    const { id, accountId } = credential;
    const news = await enrolment.removalOf(credential, seatOf(ctx));
    if (formOf(ctx).values.get('others') !== 'end') {
      await store.credentials.remove(accountId, id, news);
      return back(ctx);
    }
    await endOthers(ctx, { accountChange: { removeCredentials: id }, news });
  }

  /** What was added proves more than the session did until now: nobody is asked for it again at once. */
  async function afterAdding(ctx: Context, { codes, proof }: Extract<Added, { kind: 'added' }>): Promise<void> {
    const { browser } = personOf(ctx);
    if (!isTwoFactor(browser.payload['acr'])) await parts.provedAgain(ctx, browser, proof);
    const others = formOf(ctx).values.get('others') === 'end';
    if (codes === undefined) return others ? endOthers(ctx, {}) : back(ctx);
    if (others) await endQuietly(ctx, {});
    render(ctx, 'recovery-codes', { codes, onward: { href: others ? '/devices' : FACTORS } });
  }

  type More = Pick<Parameters<EndSessions>[1], 'accountChange' | 'news'>;

  function endQuietly(ctx: Context, more: More) {
    const { uid: exceptUid, accountId } = personOf(ctx).browser.session;
    const cause = {
      reason: 'factor-changed',
      actor: { kind: 'user', id: accountId },
      browserUid: exceptUid,
      from: seatOf(ctx),
    } as const;
    return parts.endSessions({ kind: 'account', accountId, exceptUid }, { ...cause, ...more });
  }

  async function endOthers(ctx: Context, more: More): Promise<void> {
    const ended = await endQuietly(ctx, more);
    if (ended.kind === 'nothing') return back(ctx);
    await answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
  }
}

function newFactor(ctx: Context) {
  const { values } = formOf(ctx);
  const accountId = personOf(ctx).account.id;
  return { accountId, ticket: values.get('ticket') ?? '', name: values.get('name') ?? '', seat: seatOf(ctx) };
}

function seatOf(ctx: Context): Seat {
  return seatOfSession(personOf(ctx).browser.session);
}
