import type { Product } from './product.ts';

/**
 * Signing everybody off from an app leaves the app registered: the cut-off stays, the record is active again. Only
 * `clients remove` is meant to take it away.
 */
export async function restoreClient({ store, registry, clock }: Product, clientId: string): Promise<void> {
  const before = registry.get(clientId)?.state;
  const records = await store.clients.all();
  const record = records.find((one) => one.clientId === clientId);
  if (record?.state !== 'removed' || before === undefined || before === 'removed') return;
  await store.clients.save([{ ...record, state: before, updatedAt: clock.now() }]);
}
