/**
 * What stands before an act at one's own pages: a page with its numbers where it is drastic, the password where the last one
 * is too old (`SIGNOFF_STEP_UP`). Both are asked for on one page where both are due.
 */
import type { Context } from 'koa';
import type { SignInResult, SignInTry } from '../../accounts/verify-sign-in.ts';
import type { Clock } from '../../ops/clock.ts';
import type { StoredSession } from '../../store/store.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { formOf } from '../middleware/read-body.ts';
import type { FormTarget, HiddenField, SignInNotice } from '../page-models.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import type { ConfirmPage, PasswordAsk } from './own-page-models.ts';
import { type Person, personOf } from './signed-in.ts';

/** An act that somebody asked for by a form. */
export interface Act {
  /** Ends more than this very session, or changes how the account is signed in to. */
  readonly needsPassword: boolean;
  /** Its numbers, where it must be confirmed; read only when they are shown. */
  readonly confirm?: () => Promise<ActFacts>;
  /** Where "no" leads to. */
  readonly backHref: string;
}

export type ActFacts = Omit<ConfirmPage, 'form' | 'password' | 'backHref'>;

export interface AskFirst {
  /**
   * True when the act may go on now. Else the page that asks has been answered; its form keeps every field of this one, and
   * comes back to the same address. Runs after the guard and `takeForm`. Throws `busy` and `store_unavailable`.
   */
  mayGoOn(ctx: Context, act: Act): Promise<boolean>;
  /** The page that asks, for a GET that leads to the act. Its form is sent to this address with these fields. */
  show(
    ctx: Context,
    act: Act & { readonly confirm: () => Promise<ActFacts> },
    hidden?: readonly HiddenField[],
  ): Promise<void>;
}

export interface AskFirstParts {
  readonly render: Renderer['render'];
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  /** Keeps that the password was proved just now. */
  readonly provedAgain: (ctx: Context, held: StoredSession) => Promise<void>;
  readonly clock: Clock;
  /** `SIGNOFF_STEP_UP`. */
  readonly stepUpMs: number;
}

/** As at the sign-in page. */
const STATUS: Readonly<Record<SignInNotice['kind'], number>> = { empty: 400, wrong: 401, locked: 403, wait: 429 };

export function createAskFirst(parts: AskFirstParts): AskFirst {
  const { render, verifySignIn, provedAgain, clock, stepUpMs } = parts;

  function isTooOld({ browser }: Person): boolean {
    const { loginTs } = browser.payload;
    return typeof loginTs !== 'number' || clock.now() - loginTs * 1000 > stepUpMs;
  }

  /** What is wrong with it; undefined when it is right. */
  async function judge(ctx: Context, person: Person, password: string): Promise<SignInNotice | undefined> {
    if (password === '') return { kind: 'empty' };
    const { username, id } = person.account;
    const result = await verifySignIn({ username, password, address: clientAddressOf(ctx) });
    if (result.kind === 'ok' && result.account.id === id) {
      await provedAgain(ctx, person.browser);
      return undefined;
    }
    if (result.kind !== 'limited') return { kind: 'wrong' };
    const seconds = Math.max(1, Math.ceil(result.retryAfterMs / 1_000));
    ctx.set('Retry-After', String(seconds));
    return { kind: 'wait', seconds };
  }

  async function page(ctx: Context, act: Act, asks: Asks): Promise<void> {
    const person = personOf(ctx);
    const { notice, hidden } = asks;
    const password: PasswordAsk = { username: person.account.username, ...(notice && { notice }) };
    const status = notice ? STATUS[notice.kind] : 200;
    const { backHref } = act;
    if (act.confirm) {
      const form = formWith(ctx, [...hidden, { name: 'confirm', value: 'yes' }]);
      const model = { form, backHref, ...(await act.confirm()), ...(asks.password && { password }) };
      render(ctx, 'confirm', model, { status });
    } else {
      const form = formWith(ctx, hidden);
      render(ctx, 'step-up', { form, backHref, person: personFace(person.account), password }, { status });
    }
  }

  return {
    async mayGoOn(ctx, act) {
      const person = personOf(ctx);
      const { values } = formOf(ctx);
      const unconfirmed = act.confirm !== undefined && values.get('confirm') !== 'yes';
      const wantsPassword = act.needsPassword && isTooOld(person);
      const given = unconfirmed || !wantsPassword ? undefined : values.get('password');
      const notice = given === undefined ? undefined : await judge(ctx, person, given);
      const isProved = !wantsPassword || (given !== undefined && notice === undefined);
      if (!unconfirmed && isProved) return true;
      await page(ctx, act, { password: wantsPassword, notice, hidden: keptFields(values) });
      return false;
    },
    show: (ctx, act, hidden = []) =>
      page(ctx, act, { password: act.needsPassword && isTooOld(personOf(ctx)), notice: undefined, hidden }),
  };
}

interface Asks {
  readonly password: boolean;
  readonly notice: SignInNotice | undefined;
  readonly hidden: readonly HiddenField[];
}

/** New passwords are typed again rather than written into a page. */
const OWN_FIELDS: readonly string[] = ['csrf', 'password', 'confirm', 'new_password'];

/** What was asked for, so that it can be done after the answer. */
export function keptFields(values: ReadonlyMap<string, string>): readonly HiddenField[] {
  return [...values].filter(([name]) => !OWN_FIELDS.includes(name)).map(([name, value]) => ({ name, value }));
}

function formWith(ctx: Context, hidden: readonly HiddenField[]): FormTarget {
  return { action: ctx.path, hidden };
}
