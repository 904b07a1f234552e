import type { ClientRecord, ClientState, ClientStore } from '../store.ts';
import type { Connection } from './connection.ts';
import { readFact, writeFact } from './facts.ts';

const OUTBOUND_RULES = 'outbound-rules';

/** What the running product was started with, where commands and other processes can read it. */
export function createClients({ read, write }: Connection): ClientStore {
  return {
    async save(records) {
      await write((tx) => {
        for (const { clientId, state, sealed, updatedAt } of records) {
          tx.run(
            `INSERT OR REPLACE INTO clients (client_id, state, sealed, updated_at)
             VALUES (:clientId, :state, :sealed, :updatedAt)`,
            { clientId, state, sealed, updatedAt },
          );
        }
      });
    },
    all: () => read((tx) => tx.all<ClientRow>('SELECT * FROM clients ORDER BY client_id').map(toRecord)),
    async saveOutboundRules(rules) {
      await write((tx) => writeFact(tx, OUTBOUND_RULES, JSON.stringify(rules)));
    },
    outboundRules: () => read((tx) => JSON.parse(readFact(tx, OUTBOUND_RULES) ?? '[]')),
  };
}

interface ClientRow {
  readonly client_id: string;
  readonly state: ClientState;
  readonly sealed: string;
  readonly updated_at: number;
}

function toRecord(row: ClientRow): ClientRecord {
  return { clientId: row.client_id, state: row.state, sealed: row.sealed, updatedAt: row.updated_at };
}
