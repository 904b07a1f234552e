/**
 * What lies in MongoDB: one interface a collection, and the way back to the types of the port. A field that is "not
 * there" is absent (`ignoreUndefined`), never null, so that sparse and partial indexes stay small. Maps whose keys others
 * choose (payloads, authorizations, claims) are JSON text: a client id may hold dots and dollars.
 */
import type { Generation } from '../../sessions/session.ts';
import type {
  AuditStart,
  CheckUp,
  ClientSource,
  ClientState,
  Establishment,
  FirstLink,
  RegistrationTokenRow,
  SigningKeyRow,
} from '../store.ts';

/** A field the code always names and the driver leaves out when it is undefined. */
export type Maybe<T> = T | undefined;

/** `meta`: the few rows there is one of; which fields a row has follows from its key. */
export interface MetaDoc {
  readonly _id:
    | 'schema'
    | 'migration-lock'
    | 'realm'
    | 'ping'
    | 'outbound-rules'
    | 'establishment'
    | 'clients'
    | 'operators'
    | 'first-owner'
    | 'audit'
    | 'signing-keys';
  readonly version?: number;
  readonly holder?: string;
  readonly until?: Date;
  readonly generation?: number;
  readonly count?: number;
  readonly rules?: readonly string[];
  readonly establishment?: Omit<Establishment, 'signingKeys'>;
  readonly firstLink?: FirstLink;
  readonly auditStart?: AuditStart;
  readonly auditEnd?: AuditStart;
}

export interface RegistrationTokenDoc extends Omit<RegistrationTokenRow, 'id'> {
  readonly _id: string;
}

export interface ArtifactDoc {
  /** Model and hashed id. */
  readonly _id: string;
  readonly model: string;
  readonly sealedPayload: string;
  readonly grantId?: Maybe<string>;
  readonly sessionUid?: Maybe<string>;
  readonly accountId?: Maybe<string>;
  readonly clientId?: Maybe<string>;
  readonly bound: boolean;
  readonly generation?: Maybe<Generation>;
  /** Of a Grant. */
  readonly clientGeneration?: Maybe<number>;
  readonly appGeneration?: Maybe<number>;
  readonly createdAt: number;
  readonly expiresAt?: Maybe<number>;
  readonly consumedAt?: Maybe<number>;
}

export interface ClientDoc {
  readonly _id: string;
  readonly state: ClientState;
  readonly source?: Maybe<ClientSource>;
  readonly registrationHash?: Maybe<string>;
  readonly checkUp?: Maybe<CheckUp>;
  readonly sealed: string;
  readonly updatedAt: number;
}

export interface SigningKeyDoc extends Omit<SigningKeyRow, 'kid' | 'retiredAt' | 'leakedAt'> {
  readonly _id: string;
  readonly retiredAt?: Maybe<number>;
  readonly leakedAt?: Maybe<number>;
}

export interface LimitDoc {
  readonly _id: string;
  readonly count: number;
  readonly closesAt: number;
}
