import { randomId } from '../../ops/ids.ts';
import type { ClientRecord, ClientSource, ClientState, ClientStore } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Tx } from './connection.ts';
import { readFact, writeFact } from './facts.ts';

const OUTBOUND_RULES = 'outbound-rules';
const VERSION = 'clients-version';

/** What the running product was started with, where commands and other processes can read it. */
export function createClients({ read, write }: Connection): ClientStore {
  return {
    async save(records, audit) {
      await write((tx) => {
        for (const { clientId, state, source, sealed, updatedAt } of records) {
          tx.run(
            `INSERT OR REPLACE INTO clients (client_id, state, source, sealed, updated_at)
             VALUES (:clientId, :state, :source, :sealed, :updatedAt)`,
            { clientId, state, source, sealed, updatedAt },
          );
        }
        clientsChanged(tx);
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
}

function toRecord(row: ClientRow): ClientRecord {
  return {
    clientId: row.client_id,
    state: row.state,
    source: row.source,
    sealed: row.sealed,
    updatedAt: row.updated_at,
  };
}
