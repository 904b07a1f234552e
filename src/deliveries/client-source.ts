import type { Log } from '../ops/log.ts';
import type { DeliveryClient } from './deliver.ts';

/** Registered clients, suspended and removed ones included. */
export interface ClientSource {
  find(clientId: string): DeliveryClient | undefined;
  /** Reads them again, where this process did not load them itself. */
  reload(): Promise<unknown>;
}

/** Has them read again; asked while they are being read it does nothing. */
export function createReloading(clients: Pick<ClientSource, 'reload'>, log: Log): () => void {
  let reloading = false;
  return () => {
    if (reloading) return;
    reloading = true;
    const failed = (error: unknown) => log.error('clients.not_reloaded', { error });
    const over = () => {
      reloading = false;
    };
    void clients.reload().catch(failed).finally(over);
  };
}
