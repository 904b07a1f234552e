import { describe, expect, it } from '@jest/globals';
import { readForeignClients } from '../../../src/clients/foreign-clients.ts';

describe('apps of other programs', () => {
  it('of a Keycloak realm: those that sign people in, with where they are told', () => {
    const realm = {
      realm: 'shop',
      clients: [
        { clientId: 'account', protocol: 'openid-connect' },
        { clientId: 'batch', protocol: 'openid-connect', standardFlowEnabled: false, serviceAccountsEnabled: true },
        { clientId: 'old', protocol: 'saml' },
        {
          clientId: 'shop',
          name: 'Shop',
          protocol: 'openid-connect',
          secret: 's3cret-of-the-shop-that-is-long',
          rootUrl: 'https://shop.example.org/',
          redirectUris: ['/callback', 'https://shop.example.org/other'],
          publicClient: false,
          defaultRoles: ['buyer'],
          attributes: {
            'backchannel.logout.url': 'https://shop.example.org/logout',
            'backchannel.logout.session.required': 'true',
            'post.logout.redirect.uris': '+##https://shop.example.org/bye',
          },
        },
        { clientId: 'app', publicClient: true, redirectUris: ['https://app.example.org/cb'], consentRequired: true },
      ],
    };
    expect(readForeignClients(realm)).toEqual([
      {
        document: {
          client_id: 'shop',
          client_name: 'Shop',
          client_secret: 's3cret-of-the-shop-that-is-long',
          redirect_uris: ['https://shop.example.org/callback', 'https://shop.example.org/other'],
          post_logout_redirect_uris: [
            'https://shop.example.org/callback',
            'https://shop.example.org/other',
            'https://shop.example.org/bye',
          ],
          backchannel_logout_uri: 'https://shop.example.org/logout',
          backchannel_logout_session_required: true,
          grant_types: ['authorization_code', 'refresh_token'],
          party: 'first',
        },
        leftOut: ['defaultRoles'],
      },
      {
        document: {
          client_id: 'app',
          redirect_uris: ['https://app.example.org/cb'],
          post_logout_redirect_uris: [],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token'],
          party: 'third',
        },
        leftOut: [],
      },
    ]);
  });

  it('of Hydra: what has a meaning here, and the names of what has none', () => {
    const hydra = {
      items: [
        {
          client_id: 'wiki',
          client_name: 'Wiki',
          redirect_uris: ['https://wiki.example.org/cb'],
          grant_types: ['authorization_code', 'client_credentials'],
          response_types: ['code'],
          backchannel_logout_uri: 'https://wiki.example.org/logout',
          skip_consent: true,
          owner: 'team wiki',
          audience: ['api'],
          created_at: '2025-01-01T00:00:00Z',
        },
      ],
    };
    expect(readForeignClients(hydra)).toEqual([
      {
        document: {
          client_id: 'wiki',
          client_name: 'Wiki',
          redirect_uris: ['https://wiki.example.org/cb'],
          backchannel_logout_uri: 'https://wiki.example.org/logout',
          grant_types: ['authorization_code'],
          party: 'first',
        },
        leftOut: ['owner', 'audience', 'created_at'],
      },
    ]);
  });

  it('of registration metadata: as it is, misspelt names and all', () => {
    const one = { client_id: 'wiki', redirect_uris: ['https://wiki.example.org/cb'], backchanel_logout_uri: 'x' };
    expect(readForeignClients(one)).toEqual([{ document: one, leftOut: [] }]);
    expect(readForeignClients([one, one])).toHaveLength(2);
  });

  it.each([[null], [[]], ['text'], [{ users: [] }], [[{ name: 'mira' }]]])('of nothing that is known: %j', (given) => {
    expect(readForeignClients(given)).toBeUndefined();
  });
});
