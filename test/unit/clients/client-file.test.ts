import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { canBeTold } from '../../../src/clients/can-be-told.ts';
import type { END_REASONS } from '../../../src/clients/client-file.ts';
import { clientFileJsonSchema } from '../../../src/clients/json-schema.ts';
import { toProviderMetadata } from '../../../src/clients/provider-metadata.ts';
import type { Reason } from '../../../src/logout/logout.ts';
import { aClient } from './a-client.ts';

describe('a client file', () => {
  it('without party is a third-party app, asked about and confined to itself', () => {
    const client = aClient();
    expect(client.party).toBe('third');
    expect(client.logout).toEqual({
      scope: 'app-here',
      ask: 'auto',
      allowed_scopes: ['app-here'],
      after_wait: 'receipt',
      keep_offline_access: true,
      subject: 'sub+sid',
      token_typ: 'logout+jwt',
      merge: 'none',
      token_ttl: 120_000,
    });
  });

  it('of a first-party app signs off from all apps of this device', () => {
    const { logout } = aClient({ party: 'first' });
    expect([logout.scope, logout.allowed_scopes]).toEqual(['all-here', ['app-here', 'all-here']]);
  });

  it('has the standard defaults', () => {
    expect(aClient()).toMatchObject({
      client_name: 'wiki',
      application_type: 'web',
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'RS256',
      subject_type: 'public',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      backchannel_logout_session_required: false,
      require_pkce: true,
      rotate_refresh_tokens: false,
    });
  });

  it('writes durations as people do, and hands out milliseconds', () => {
    const client = aClient({ max_session: '8h', logout: { token_ttl: '90s' } });
    expect([client.max_session, client.logout.token_ttl]).toEqual([28_800_000, 90_000]);
  });

  it('tells whether its app can be told', () => {
    expect(canBeTold(aClient())).toBe(true);
    expect(canBeTold(aClient({ backchannel_logout_uri: undefined }))).toBe(false);
  });
});

describe('the library', () => {
  it('gets standard metadata and nothing of ours', () => {
    const metadata = toProviderMetadata(aClient({ party: 'first', max_session: '8h', logout: { ask: 'never' } }));
    expect(metadata).toMatchObject({
      client_id: 'wiki',
      client_secret: 'a-secret-of-the-wiki',
      response_types: ['code'],
    });
    for (const ours of ['party', 'logout', 'max_session', 'require_pkce', 'rotate_refresh_tokens']) {
      expect(metadata).not.toHaveProperty(ours);
    }
  });

  it('never gets the hash of a secret, nor a secret that somebody could send', () => {
    const hash = `sha256:${'A'.repeat(43)}`;
    const client = aClient({ client_secret: undefined, client_secret_hash: hash });
    const first = toProviderMetadata(client);
    expect(first).not.toHaveProperty('client_secret_hash');
    expect(first).toHaveProperty('client_secret', expect.stringMatching(/^[\w-]{43}$/));
    expect(JSON.stringify(first)).not.toContain(hash);
    expect(toProviderMetadata(client)).toEqual(first);
  });
});

it('an app may name every reason for which something ends, and no other', () => {
  type Unnamed = Exclude<Reason, (typeof END_REASONS)[number]> | Exclude<(typeof END_REASONS)[number], Reason>;
  // The compiler checks it: this is only assignable when nothing is left.
  const isComplete: [Unnamed] extends [never] ? true : Unnamed = true;
  expect(isComplete).toBe(true);
});

it('the schema for editors is the one that files are checked with (else: node tools/write-client-schema.ts)', () => {
  const committed = readFileSync(new URL('../../../docs/client-file.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(clientFileJsonSchema()));
});
