/** Documents of accounts, of what they did and may do, and of those who run the service. */
import type { AccountState, Role } from '../../accounts/account.ts';
import type { Passkey } from '../../accounts/credential.ts';
import type { ActivityEvent, Link, Mail } from '../../activity/news.ts';
import type { AccessTokenRow, AuditRow } from '../store.ts';
import type { Maybe } from './documents.ts';

export interface OperatorDoc {
  readonly _id: string;
  readonly role: Role;
  readonly since: number;
}

export interface AccessTokenDoc extends Omit<AccessTokenRow, 'id'> {
  readonly _id: string;
}

/** The key is the number in the chain. */
export interface AuditDoc extends Omit<AuditRow, 'seq' | 'from' | 'reason' | 'before' | 'after'> {
  readonly _id: number;
  readonly from?: Maybe<string>;
  readonly reason?: Maybe<string>;
  readonly before?: Maybe<string>;
  readonly after?: Maybe<string>;
}

export interface AnswerDoc {
  readonly _id: string;
  readonly bodyHash: string;
  readonly sealedAnswer?: Maybe<string>;
  readonly expiresAt: number;
}

export interface AccountDoc {
  readonly _id: string;
  readonly username: string;
  /** Absent once deleted: the name is free again. */
  readonly usernameKey?: Maybe<string>;
  /** Of the verified e-mail address; absent where there is none. */
  readonly emailKey?: Maybe<string>;
  readonly state: AccountState;
  readonly generation: number;
  readonly claims: string;
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly passwordChangedAt: number;
  /** Absent where it is not so. */
  readonly mustChange?: Maybe<boolean>;
  readonly locale?: Maybe<string>;
  /** Of recovery codes that were not used yet. */
  readonly recoveryHashes?: Maybe<string[]>;
  /** Counts changes of its credentials, so that two that come at once collide. */
  readonly credentials?: number;
  /** Counts new sessions, so that the first write of one collides with an `end` of the account. */
  readonly starts: number;
}

export interface ConsentDoc {
  readonly _id: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly updatedAt: number;
}

export interface EventDoc extends Omit<ActivityEvent, 'id'> {
  readonly _id: string;
}

/** `claim`: whose it is until `dueAt`, which is there while it waits only. */
export interface MailDoc extends Omit<Mail, 'id' | 'nextAttemptAt' | 'lastError' | 'settledAt'> {
  readonly _id: string;
  readonly dueAt?: Maybe<number>;
  readonly claim?: Maybe<string>;
  readonly lastError?: Maybe<string>;
  readonly settledAt?: Maybe<number>;
}

export interface LinkDoc extends Omit<Link, 'hash' | 'usedAt'> {
  readonly _id: string;
  readonly usedAt?: Maybe<number>;
}

interface CredentialFacts {
  readonly _id: string;
  readonly accountId: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt?: Maybe<number>;
  /** How far a passkey has counted, or the last time step that was taken. */
  readonly counter: number;
}

export type CredentialDoc = CredentialFacts &
  (
    | ({ readonly kind: 'passkey' } & Pick<Passkey, 'passkeyId' | 'publicKey' | 'transports' | 'synced'>)
    | { readonly kind: 'totp'; readonly sealedSecret: string; readonly passkeyId?: undefined }
  );

/** A browser that an account signed in with. */
export interface AccountDeviceDoc {
  /** Account and device key, as JSON. */
  readonly _id: string;
  readonly accountId: string;
  readonly seenAt: number;
}

/** As JSON, since a client id may hold any character that a separator could be. */
export function consentKey(accountId: string, clientId: string): string {
  return JSON.stringify([accountId, clientId]);
}
