import { activityEvent } from '../activity/activity-event.ts';
import type { ActivityEvent, NewMail, News, Seat } from '../activity/news.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { randomId } from '../ops/ids.ts';
import type { AccountStore, CredentialStore } from '../store/store.ts';
import type { Account } from './account.ts';
import { CREDENTIAL_NAME_MAX, type Credential, type Passkey } from './credential.ts';
import type { Passkeys } from './passkeys.ts';
import { BY_PASSWORD, BY_PASSWORD_AND_CODE, byPasskey, type Proof } from './proof.ts';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-codes.ts';
import { createTotpSecret, stepOfCode, totpAddress } from './totp-codes.ts';

/** Adds, names and takes away what an account proves itself with, and tells of it in the same write. */
export interface Enrolment {
  /** A new secret for an authenticator app; nothing is kept until its first code comes back with the ticket. */
  offerTotp(account: Pick<Account, 'id' | 'username'>): TotpOffer;
  addTotp(given: NewFactor & { readonly code: string }): Promise<Added>;
  /** The browser's options to make a passkey, and the question sealed. */
  offerPasskey(account: Person): Promise<{ readonly options: string; readonly ticket: string }>;
  addPasskey(given: NewFactor & { readonly answer: string }): Promise<Added>;
  /** What the activity and a mail say of a credential that is taken away. */
  removalOf(credential: Credential, seat: Seat): Promise<News>;
  /** New recovery codes in the place of all; undefined where there is no credential that they could stand in for. */
  newCodes(accountId: string, seat: Seat): Promise<readonly string[] | undefined>;
}

export interface TotpOffer {
  /** In groups of four, to be typed. */
  readonly key: string;
  /** `otpauth://…`, to be scanned. */
  readonly address: string;
  readonly ticket: string;
}

export interface NewFactor {
  readonly accountId: string;
  readonly ticket: string;
  readonly name: string;
  /** Where it is done. */
  readonly seat: Seat;
}

export type Added =
  /**
   * `codes`: recovery codes, where the account had none; they are shown now and never again. `proof`: what its owner has proved
   * with it, after the password.
   */
  | { readonly kind: 'added'; readonly codes: readonly string[] | undefined; readonly proof: Proof }
  /** The code is not one of this secret, the passkey no answer to this question or known already, the ticket too old. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'full' };

type Person = Pick<Account, 'id' | 'username' | 'claims'>;

export interface EnrolmentParts {
  readonly store: {
    readonly accounts: Pick<AccountStore, 'find'>;
    readonly credentials: Pick<CredentialStore, 'ofAccount' | 'add' | 'replaceRecoveryCodes'>;
  };
  readonly planMail: (account: Account, at: number, facts: Change & Seat) => NewMail | undefined;
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly passkeys: Passkeys;
  readonly serviceName: string;
}

interface Change {
  readonly change: 'added' | 'removed' | 'codes';
  /** Of the credential. */
  readonly name: string | undefined;
}

interface Ticket {
  readonly purpose: 'totp.v1' | 'passkey-new.v1';
  readonly accountId: string;
  /** The secret, or the challenge. */
  readonly content: string;
  readonly at: number;
}

const TICKET_MS = 30 * 60 * 1000;

export function createEnrolment(parts: EnrolmentParts): Enrolment {
  const { store, box, clock, passkeys, serviceName, planMail } = parts;

  function seal(purpose: Ticket['purpose'], accountId: string, content: string): string {
    return box.seal(JSON.stringify({ purpose, accountId, content, at: clock.now() } satisfies Ticket));
  }

  /** What was offered to this account; undefined for a ticket of another, an old or an altered one. */
  function open(purpose: Ticket['purpose'], { ticket: text, accountId }: NewFactor): string | undefined {
    const ticket = unsealed(text, box);
    const good = ticket?.purpose === purpose && ticket.accountId === accountId && clock.now() - ticket.at < TICKET_MS;
    return good ? ticket.content : undefined;
  }

  async function add(credential: Credential, seat: Seat, proof: Proof): Promise<Added> {
    const codes = createRecoveryCodes();
    const outcome = await store.credentials.add({
      credential,
      recoveryHashes: hashesOf(codes),
      news: await newsOf(credential, 'added', seat, credential.createdAt),
    });
    if (outcome === 'full') return { kind: 'full' };
    if (outcome === 'taken' || outcome === 'gone') return { kind: 'wrong' };
    return { kind: 'added', codes: outcome === 'first' ? codes : undefined, proof };
  }

  async function newsOf(credential: Credential, change: 'added' | 'removed', seat: Seat, at: number): Promise<News> {
    const { accountId, kind, name } = credential;
    const events = [eventOf(accountId, { change, kind, name }, seat, at)];
    return { events, mails: await mailsOf(accountId, { change, name, ...seat }, at) };
  }

  async function mailsOf(accountId: string, facts: Change & Seat, at: number): Promise<readonly NewMail[]> {
    const account = await store.accounts.find(accountId);
    const mail = account && planMail(account, at, facts);
    return mail ? [mail] : [];
  }

  function fresh({ accountId, name }: NewFactor) {
    return { id: randomId(), accountId, name: cleanName(name), createdAt: clock.now(), lastUsedAt: undefined };
  }

  return {
    offerTotp({ id, username }) {
      const secret = createTotpSecret();
      return {
        key: (secret.match(/.{1,4}/gu) ?? []).join(' '),
        address: totpAddress(secret, { issuer: serviceName, account: username }),
        ticket: seal('totp.v1', id, secret),
      };
    },
    async addTotp(given) {
      const secret = open('totp.v1', given);
      const step = secret === undefined ? undefined : stepOfCode(secret, given.code, clock.now());
      if (secret === undefined || step === undefined) return { kind: 'wrong' };
      const totp = { ...fresh(given), kind: 'totp', sealedSecret: box.seal(secret), lastStep: step } as const;
      return add(totp, given.seat, BY_PASSWORD_AND_CODE);
    },
    async offerPasskey({ id, username, claims }) {
      const { list } = await store.credentials.ofAccount(id);
      const known = list.filter((one): one is Passkey => one.kind === 'passkey');
      const { name } = claims;
      const person = { id, username, name: typeof name === 'string' && name !== '' ? name : username };
      const { options, challenge } = await passkeys.askNew(person, known);
      return { options, ticket: seal('passkey-new.v1', id, challenge) };
    },
    async addPasskey(given) {
      const challenge = open('passkey-new.v1', given);
      const made = challenge === undefined ? undefined : await passkeys.readNew(given.answer, challenge);
      if (made === undefined) return { kind: 'wrong' };
      return add({ ...fresh(given), kind: 'passkey', ...made }, given.seat, byPasskey(made, BY_PASSWORD));
    },
    removalOf: (credential, seat) => newsOf(credential, 'removed', seat, clock.now()),
    async newCodes(accountId, seat) {
      const codes = createRecoveryCodes();
      const at = clock.now();
      const done = await store.credentials.replaceRecoveryCodes(accountId, hashesOf(codes), {
        events: [eventOf(accountId, { change: 'codes' }, seat, at)],
        mails: await mailsOf(accountId, { change: 'codes', name: undefined, ...seat }, at),
      });
      return done ? codes : undefined;
    },
  };
}

/** What people call it: one line of sane length, and something in any case. */
export function cleanName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  return [...plain].slice(0, CREDENTIAL_NAME_MAX).join('') || '–';
}

function hashesOf(codes: readonly string[]): string[] {
  return codes.map(hashRecoveryCode).filter((hash) => hash !== undefined);
}

function eventOf(accountId: string, detail: ActivityEvent['detail'], seat: Seat, at: number): ActivityEvent {
  return activityEvent({ accountId, at, kind: 'credential', detail }, seat);
}

function unsealed(text: string, box: CryptoBox): Ticket | undefined {
  try {
    return JSON.parse(box.open(text));
  } catch {
    return undefined;
  }
}
