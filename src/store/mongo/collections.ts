import type { Collection, Db, MongoClient } from 'mongodb';
import type {
  AccessTokenDoc,
  AccountDeviceDoc,
  AccountDoc,
  AnswerDoc,
  AuditDoc,
  ConsentDoc,
  CredentialDoc,
  EventDoc,
  LinkDoc,
  MailDoc,
  OperatorDoc,
} from './account-documents.ts';
import type { BreakerDoc, DeliveryDoc, HeartbeatDoc, LogoutDoc } from './delivery-documents.ts';
import type { ArtifactDoc, ClientDoc, LimitDoc, MetaDoc, RegistrationTokenDoc, SigningKeyDoc } from './documents.ts';
import { isOutOfReach } from './errors.ts';
import type { CutOffDoc, DeviceNameDoc, GateDoc, ParticipationDoc, SessionDoc } from './session-documents.ts';
import { createTransact, type Transact } from './transaction.ts';
import { createTurns, type InTurn } from './turns.ts';

/** Everything an adapter's part works with. */
export interface MongoParts {
  readonly db: Db;
  readonly transact: Transact;
  readonly inTurn: InTurn;
  readonly meta: Collection<MetaDoc>;
  readonly sessions: Collection<SessionDoc>;
  readonly participations: Collection<ParticipationDoc>;
  readonly logouts: Collection<LogoutDoc>;
  readonly deliveries: Collection<DeliveryDoc>;
  readonly breakers: Collection<BreakerDoc>;
  readonly heartbeats: Collection<HeartbeatDoc>;
  readonly artifacts: Collection<ArtifactDoc>;
  readonly accounts: Collection<AccountDoc>;
  readonly consents: Collection<ConsentDoc>;
  readonly deviceNames: Collection<DeviceNameDoc>;
  readonly credentials: Collection<CredentialDoc>;
  readonly clients: Collection<ClientDoc>;
  readonly cutOffs: Collection<CutOffDoc>;
  readonly gates: Collection<GateDoc>;
  readonly signingKeys: Collection<SigningKeyDoc>;
  readonly limits: Collection<LimitDoc>;
  readonly activity: Collection<EventDoc>;
  readonly mails: Collection<MailDoc>;
  readonly links: Collection<LinkDoc>;
  readonly accountDevices: Collection<AccountDeviceDoc>;
  readonly operators: Collection<OperatorDoc>;
  readonly accessTokens: Collection<AccessTokenDoc>;
  readonly registrationTokens: Collection<RegistrationTokenDoc>;
  readonly audit: Collection<AuditDoc>;
  readonly answers: Collection<AnswerDoc>;
}

/** Names the collections of a database. */
export function mongoParts(client: MongoClient, database: string): MongoParts {
  const db = client.db(database);
  return {
    db,
    transact: createTransact(client),
    inTurn: createTurns(isOutOfReach),
    meta: db.collection('meta'),
    sessions: db.collection('sessions'),
    participations: db.collection('participations'),
    logouts: db.collection('logouts'),
    deliveries: db.collection('deliveries'),
    breakers: db.collection('breakers'),
    heartbeats: db.collection('heartbeats'),
    artifacts: db.collection('artifacts'),
    accounts: db.collection('accounts'),
    consents: db.collection('consents'),
    deviceNames: db.collection('device_names'),
    credentials: db.collection('credentials'),
    clients: db.collection('clients'),
    cutOffs: db.collection('cut_offs'),
    gates: db.collection('gates'),
    signingKeys: db.collection('signing_keys'),
    limits: db.collection('limits'),
    activity: db.collection('activity'),
    mails: db.collection('mails'),
    links: db.collection('links'),
    accountDevices: db.collection('account_devices'),
    operators: db.collection('operators'),
    accessTokens: db.collection('access_tokens'),
    registrationTokens: db.collection('registration_tokens'),
    audit: db.collection('audit'),
    answers: db.collection('answers'),
  };
}
