import { type Client, clientFileSchema, withDefaults } from '../../../src/clients/client-file.ts';
import type { RuleBook } from '../../../src/clients/registration-rules.ts';
import { createOutbound } from '../../../src/ops/outbound.ts';

/** What a file must say at least, with whatever a test is about. */
function aClientFile(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    client_id: 'wiki',
    client_secret: 'a-secret-of-the-wiki',
    redirect_uris: ['https://wiki.example.org/callback'],
    backchannel_logout_uri: 'https://wiki.example.org/logout',
    ...fields,
  };
}

export function aClient(fields: Record<string, unknown> = {}): Client {
  return withDefaults(clientFileSchema.parse(aClientFile(fields)));
}

/** The rules as the product has them, with this allow-list. */
export function aRuleBook(...allow: readonly string[]): RuleBook {
  const outbound = createOutbound({ allow });
  const scopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];
  return { refusal: (url) => outbound.refusal(url), scopes };
}
