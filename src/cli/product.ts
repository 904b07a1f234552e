import type { Admin } from '../admin/admin.ts';
import type { Registry } from '../clients/registry.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Store } from '../store/store.ts';

/** As much of the product as commands need. They act on the store directly and need no running server. */
export interface Product {
  readonly admin: Admin;
  readonly store: Store;
  readonly clock: Clock;
  readonly box: CryptoBox;
  /** What the store remembers of clients. */
  readonly registry: Pick<Registry, 'get' | 'all'>;
  close(): Promise<void>;
}
