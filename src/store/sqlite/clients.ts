import { randomId } from '../../ops/ids.ts';
import type { CheckUp, ClientRecord, ClientSource, ClientState, ClientStore, SeenClient } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Tx } from './connection.ts';
import { readFact, writeFact } from './facts.ts';
import { useRegistrationToken } from './registration-tokens.ts';

const OUTBOUND_RULES = 'outbound-rules';
const VERSION = 'clients-version';

/** What the running product was started with, where commands and other processes can read it. */
export function createClients({ read, write }: Connection): ClientStore {
  return {
    async save(records) {
      await write((tx) => {
        for (const record of records) saveClient(tx, record);
        clientsChanged(tx);
      });
    },
    replace: (record, seen, audit) =>
      write((tx) => {
        const { clientId } = record;
        const there = tx.get<SeenClient>('SELECT sealed, state FROM clients WHERE client_id = :clientId', { clientId });
        if (there?.sealed !== seen?.sealed || there?.state !== seen?.state) return 'changed';
        saveClient(tx, record);
        clientsChanged(tx);
        appendAudit(tx, audit);
        return 'done';
      }),
    register: (record, token, audit) =>
      write((tx) => {
        const { clientId } = record;
        if (tx.get('SELECT 1 FROM clients WHERE client_id = :clientId', { clientId })) return 'taken';
        if (token && !useRegistrationToken(tx, token)) return 'gone';
        saveClient(tx, record);
        clientsChanged(tx);
        appendAudit(tx, audit);
        return 'done';
      }),
    async checkedUp(clientId, { sealed, state }, found, audit) {
      await write((tx) => {
        const changed = tx.run(
          'UPDATE clients SET check_up = :found WHERE client_id = :clientId AND sealed = :sealed AND state = :state',
          { clientId, sealed, state, found: JSON.stringify(found) },
        );
        if (changed > 0) clientsChanged(tx);
        appendAudit(tx, audit);
      });
    },
    all: () => read((tx) => tx.all<ClientRow>('SELECT * FROM clients ORDER BY client_id').map(toRecord)),
    version: () => read((tx) => readFact(tx, VERSION) ?? ''),
    async saveOutboundRules(rules) {
      await write((tx) => writeFact(tx, OUTBOUND_RULES, JSON.stringify(rules)));
    },
    outboundRules: () => read((tx) => JSON.parse(readFact(tx, OUTBOUND_RULES) ?? '[]')),
  };
}

function saveClient(tx: Tx, { clientId, state, source, sealed, updatedAt, registrationHash }: ClientRecord): void {
  tx.run(
    `INSERT OR REPLACE INTO clients (client_id, state, source, sealed, updated_at, registration_hash)
     VALUES (:clientId, :state, :source, :sealed, :updatedAt, :registrationHash)`,
    { clientId, state, source, sealed, updatedAt, registrationHash },
  );
}

/** Belongs into every write that changes a client. */
export function clientsChanged(tx: Tx): void {
  writeFact(tx, VERSION, randomId());
}

interface ClientRow {
  readonly client_id: string;
  readonly state: ClientState;
  readonly source: ClientSource;
  readonly sealed: string;
  readonly updated_at: number;
  readonly registration_hash: string | null;
  readonly check_up: string | null;
}

function toRecord(row: ClientRow): ClientRecord {
  const { client_id: clientId, state, source, sealed, updated_at: updatedAt, registration_hash: hash } = row;
  return {
    ...{ clientId, state, source, sealed, updatedAt },
    ...(hash !== null && { registrationHash: hash }),
    ...(row.check_up !== null && { checkUp: JSON.parse(row.check_up) as CheckUp }),
  };
}
