/** Makes the logout token of each attempt, the first ones while the write that makes their deliveries waits for the disk. */
import type { Clock } from '../ops/clock.ts';
import type { DeliveryClient } from './deliver.ts';
import type { Delivery } from './delivery.ts';
import { makeLogoutToken } from './logout-token.ts';
import type { Signer } from './signer.ts';

export interface TokenMint {
  /** A token that nobody was given before (invariant 8). Rejects when there is no key, or no store to read it from. */
  make(delivery: Delivery, client: DeliveryClient): Promise<MadeToken>;
  /** Begins with the next token of this delivery. Where it is not asked for in a moment, it is forgotten. */
  prepare(delivery: Delivery, client: DeliveryClient): void;
}

type MadeToken = Awaited<ReturnType<typeof makeLogoutToken>>;

interface Prepared {
  readonly token: Promise<MadeToken>;
  readonly at: number;
}

/** An older one has lost part of its life: `iat` and `exp` are those of its making. */
const FRESH_MS = 2_000;
/** More than one write leases to an engine (`LEASED_MAX`, 64). */
const PREPARED_MAX = 128;

export function createTokenMint(parts: {
  readonly issuer: string;
  readonly signer: Pick<Signer, 'keyFor'>;
  readonly clock: Clock;
}): TokenMint {
  const { issuer, signer, clock } = parts;
  /** By delivery, oldest first. */
  const prepared = new Map<string, Prepared>();

  async function sign(delivery: Delivery, client: DeliveryClient): Promise<MadeToken> {
    const key = await signer.keyFor(client.id_token_signed_response_alg);
    return makeLogoutToken({ issuer, delivery, client, key, now: clock.now() });
  }

  /** Once: each token is one attempt's. */
  function takePrepared(id: string): Promise<MadeToken> | undefined {
    const found = prepared.get(id);
    prepared.delete(id);
    return found && clock.now() - found.at < FRESH_MS ? found.token : undefined;
  }

  return {
    make: (delivery, client) =>
      takePrepared(delivery.id)?.catch(() => sign(delivery, client)) ?? sign(delivery, client),
    prepare(delivery, client) {
      const token = sign(delivery, client);
      // It is tried again when it is asked for.
      token.catch(() => undefined);
      prepared.set(delivery.id, { token, at: clock.now() });
      const [oldest] = prepared.keys();
      if (prepared.size > PREPARED_MAX && oldest !== undefined) prepared.delete(oldest);
    },
  };
}
