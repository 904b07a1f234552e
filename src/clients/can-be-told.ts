import type { Client } from './client-file.ts';

/** Whether Signoff can tell this app that a session ended. Apart from the schema, which the delivery thread has no use for. */
export function canBeTold(client: Pick<Client, 'backchannel_logout_uri'>): boolean {
  return client.backchannel_logout_uri !== undefined;
}
