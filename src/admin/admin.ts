/**
 * What operators can do. One function per use case (`use-case.ts` says what one is), and three thin surfaces above: the
 * command line, the API and the pages. None of them checks, writes or words anything that is not here.
 */
import type { Passwords } from '../accounts/password.ts';
import type { Client } from '../clients/client-file.ts';
import type { LoadOptions } from '../clients/load-clients.ts';
import type { Registry } from '../clients/registry.ts';
import type { Delivery } from '../deliveries/delivery.ts';
import type { Probe } from '../deliveries/probe.ts';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { Receipts } from '../logout/receipt.ts';
import type { TellApps } from '../logout/tell-apps.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Store } from '../store/store.ts';

/** What use cases work with; `wire.ts` puts it together, for a server and for a command alike. */
export interface Admin {
  readonly issuer: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly box: CryptoBox;
  readonly registry: Registry;
  readonly passwords: Passwords;
  readonly endSessions: EndSessions;
  readonly receipts: Pick<Receipts, 'byLogout'>;
  readonly tellApps: TellApps;
  /** Goes on with a walk that was paused, behind whoever asks. */
  readonly walkOn: (logoutId: string) => void;
  /** Claims of the operator's own scopes. */
  readonly claimNames: readonly string[];
  /** Sends an app one good token and wrong ones; when an operator asks for it alone. */
  readonly probe: Probe;
  /** What turns readiness to `warning`: a sentence each, without its full stop; undefined while all is well. */
  readonly standingWarnings: Readonly<Record<'deliveries' | 'keys' | 'disk', () => Promise<string | undefined>>>;
  /** The logout token of a delivery as its app gets it, freshly signed; nothing is sent. */
  readonly copyToken: (delivery: Delivery, client: Client) => Promise<string>;
  /** How client files are judged. */
  readonly ruleBook: LoadOptions;
}
