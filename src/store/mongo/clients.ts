import type { ClientSession } from 'mongodb';
import type { ClientStore } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { MongoParts } from './collections.ts';
import { useRegistrationToken } from './registration-tokens.ts';

/** What the running product was started with, where commands and other processes can read it. */
export function createClients(parts: MongoParts): ClientStore {
  const { clients, meta, transact } = parts;
  return {
    async save(records) {
      if (records.length === 0) return;
      const writes = records.map(({ clientId, ...replacement }) => ({
        replaceOne: { filter: { _id: clientId }, replacement, upsert: true },
      }));
      await transact(async (tx) => {
        await clients.bulkWrite(writes, { session: tx });
        await clientsChanged({ meta }, tx);
      });
    },
    replace: ({ clientId: _id, ...record }, seen, audit) =>
      transact(async (tx) => {
        const there = await clients.findOne({ _id }, { session: tx, projection: { sealed: 1, state: 1 } });
        if (there?.sealed !== seen?.sealed || there?.state !== seen?.state) return 'changed';
        await clients.replaceOne({ _id }, record, { upsert: true, session: tx });
        await clientsChanged({ meta }, tx);
        await appendAudit(parts, audit, tx);
        return 'done';
      }),
    register: ({ clientId, ...record }, token, audit) =>
      transact(async (tx) => {
        if (await clients.findOne({ _id: clientId }, { session: tx })) return 'taken';
        if (token && !(await useRegistrationToken(parts, token, tx))) return 'gone';
        await clients.insertOne({ _id: clientId, ...record }, { session: tx });
        await clientsChanged({ meta }, tx);
        await appendAudit(parts, audit, tx);
        return 'done';
      }),
    async checkedUp(clientId, { sealed, state }, { grade, at }, audit) {
      await transact(async (tx) => {
        const set = { $set: { checkUp: { grade, at } } };
        const { modifiedCount } = await clients.updateOne({ _id: clientId, sealed, state }, set, { session: tx });
        if (modifiedCount > 0) await clientsChanged({ meta }, tx);
        await appendAudit(parts, audit, tx);
      });
    },
    async all() {
      const rows = await clients.find().sort({ _id: 1 }).toArray();
      // Before there were others, all came from files.
      return rows.map(({ _id, source = 'file', ...rest }) => ({ clientId: _id, source, ...rest }));
    },
    async version() {
      const row = await meta.findOne({ _id: 'clients' });
      return String(row?.count ?? 0);
    },
    async saveOutboundRules(rules) {
      await meta.updateOne({ _id: 'outbound-rules' }, { $set: { rules: [...rules] } }, { upsert: true });
    },
    async outboundRules() {
      const row = await meta.findOne({ _id: 'outbound-rules' });
      return row?.rules ?? [];
    },
  };
}

/** Belongs into every write that changes a client. */
export async function clientsChanged({ meta }: Pick<MongoParts, 'meta'>, tx: ClientSession): Promise<void> {
  await meta.updateOne({ _id: 'clients' }, { $inc: { count: 1 } }, { upsert: true, session: tx });
}
