/**
 * Which mails a write brings along. Nothing is sent here, and nothing written: what is planned is a row of that write, ready
 * made, with the token of its link sealed and only its hash beside it.
 */
import type { Account } from '../accounts/account.ts';
import type { LinkPurpose, MailFacts, MailKind, NewMail, Seat } from '../activity/news.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import { mailAddressOf } from './mail-address.ts';

const HOUR_MS = 60 * 60 * 1000;
/** How long a mail is tried. */
export const MAIL_LIFE_MS = 24 * HOUR_MS;
/** How long "that wasn't me" works: a weekend without looking at mails. */
export const NOT_ME_LIFE_MS = 72 * HOUR_MS;
/** How long a link to set a password works that anybody may have asked for. */
export const RESET_LIFE_MS = HOUR_MS;
/** The same where its owner was just locked out. */
export const FORCED_RESET_LIFE_MS = 24 * HOUR_MS;

/** Each answers undefined where the account has no address, or such mails are switched off. */
export interface MailPlanner {
  /** Whether mails of this kind can be sent at all; pages offer nothing that needs one otherwise. */
  sends(kind: MailKind): boolean;
  newDevice(account: Account, at: number, seat: Seat, appName: string | undefined): NewMail | undefined;
  signedOutEverywhere(account: Account, at: number, facts: EndFacts): NewMail | undefined;
  /** `ended`: sessions that ended with it. */
  passwordChanged(account: Account, at: number, facts: EndFacts): NewMail | undefined;
  /** `reset`: an operator took all of them away. `name`: what its owner calls the one that was added or removed. */
  factorChanged(account: Account, at: number, facts: FactorFacts): NewMail | undefined;
  /**
   * `forced`: its owner said that somebody else was there; nothing but a new password lets anybody in. `seat`: where it was asked
   * for, or said.
   */
  reset(account: Account, at: number, why: 'asked' | 'forced', seat: Seat): NewMail | undefined;
}

export interface FactorFacts extends Seat {
  readonly change: 'added' | 'removed' | 'codes' | 'reset';
  readonly name: string | undefined;
}

/** Who did it, and what it ended. */
export interface EndFacts extends Seat {
  readonly by: 'user' | 'operator';
  readonly sessions: number;
  readonly appNames: readonly string[];
}

/** Names of apps that a mail lists. */
const APPS_MAX = 20;

export function createMailPlanner(parts: {
  readonly box: Pick<CryptoBox, 'seal'>;
  /** Kinds that are sent; none where there is no way to send mails. */
  readonly kinds: readonly MailKind[];
}): MailPlanner {
  const { box, kinds } = parts;

  function plan(kind: MailKind, account: Account, at: number, facts: MailFacts, token?: Token): NewMail | undefined {
    const to = mailAddressOf(account);
    if (to === undefined || !kinds.includes(kind)) return undefined;
    const secret = token && { ...token, value: randomId(32) };
    return {
      id: randomId(),
      accountId: account.id,
      kind,
      to,
      locale: account.locale,
      at,
      giveUpAt: at + Math.min(MAIL_LIFE_MS, token?.lifeMs ?? MAIL_LIFE_MS),
      facts: { ...facts, name: nameOf(account), zone: zoneOf(account) },
      sealedToken: secret && box.seal(secret.value),
      link: secret && {
        hash: sha256(secret.value),
        purpose: secret.purpose,
        accountId: account.id,
        session: secret.session,
        createdAt: at,
        expiresAt: at + secret.lifeMs,
      },
    };
  }

  return {
    sends: (kind) => kinds.includes(kind),
    newDevice: (account, at, seat, appName) =>
      plan(
        'new-device',
        account,
        at,
        { ...seatFacts(seat), apps: appName === undefined ? [] : [appName] },
        notMe(seat),
      ),
    signedOutEverywhere: (account, at, facts) => plan('signed-out-everywhere', account, at, endFacts(facts)),
    passwordChanged: (account, at, facts) => plan('password', account, at, endFacts(facts), notMe(facts)),
    factorChanged: (account, at, { change, name, ...seat }) =>
      plan('factor', account, at, { ...seatFacts(seat), change, factor: name ?? null }, notMe(seat)),
    reset(account, at, why, seat) {
      const token = { purpose: 'reset', lifeMs: RESET_LIVES[why], session: undefined } as const;
      return plan('reset', account, at, { ...seatFacts(seat), why }, token);
    },
  };
}

interface Token {
  readonly purpose: LinkPurpose;
  readonly lifeMs: number;
  readonly session: string | undefined;
}

const RESET_LIVES = { asked: RESET_LIFE_MS, forced: FORCED_RESET_LIFE_MS } as const;

function notMe({ session }: Seat): Token {
  return { purpose: 'not-me', lifeMs: NOT_ME_LIFE_MS, session };
}

function seatFacts({ device, place }: Seat): MailFacts {
  return { device: device ?? null, place: place ?? null };
}

function endFacts({ by, sessions, appNames, ...seat }: EndFacts): MailFacts {
  return {
    ...seatFacts(seat),
    by,
    sessions,
    apps: appNames.slice(0, APPS_MAX),
    more: Math.max(0, appNames.length - APPS_MAX),
  };
}

function nameOf({ claims, username }: Account): string {
  const { name } = claims;
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : username;
}

/** The claim `zoneinfo` where it names a time zone, UTC otherwise. */
function zoneOf({ claims }: Account): string {
  const { zoneinfo: zone } = claims;
  if (typeof zone !== 'string') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
