import type { Passwords } from '../accounts/password.ts';
import type { Registry } from '../clients/registry.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { Receipts } from '../logout/receipt.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Service } from '../ops/service.ts';
import type { Store } from '../store/store.ts';

/** As much of the product as commands need. They act on the store directly and need no running server. */
export interface Product {
  readonly store: Store;
  readonly clock: Clock;
  readonly box: CryptoBox;
  readonly passwords: Passwords;
  /** What the store remembers of clients. */
  readonly registry: Pick<Registry, 'get' | 'all'>;
  readonly endSessions: EndSessions;
  readonly receipts: Pick<Receipts, 'byLogout'>;
  /** A delivery engine of this process, not started: for when nobody else delivers. */
  readonly engine: Service;
  close(): Promise<void>;
}
