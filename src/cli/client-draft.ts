import { stringify } from 'yaml';

/** What somebody answered, or said by flags, about a new app. */
export interface ClientDraft {
  readonly client_id: string;
  readonly client_name?: string;
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly backchannel_logout_uri?: string;
  readonly party: 'first' | 'third';
  readonly isPublic: boolean;
  readonly isNative: boolean;
  readonly refreshTokens: boolean;
  readonly scope?: string;
  readonly max_session?: string;
}

/** What was said, under the names of a client file. */
export function clientDocument(draft: ClientDraft, hash?: string): Readonly<Record<string, unknown>> {
  const { isPublic, isNative, refreshTokens } = draft;
  const said = {
    client_id: draft.client_id,
    client_name: draft.client_name,
    party: draft.party,
    application_type: isNative ? 'native' : undefined,
    token_endpoint_auth_method: isPublic ? 'none' : undefined,
    client_secret_hash: hash,
    redirect_uris: draft.redirect_uris,
    post_logout_redirect_uris: draft.post_logout_redirect_uris.length > 0 ? draft.post_logout_redirect_uris : undefined,
    backchannel_logout_uri: draft.backchannel_logout_uri,
    grant_types: refreshTokens ? ['authorization_code', 'refresh_token'] : undefined,
    scope: draft.scope,
    max_session: draft.max_session,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** The text of a client file: what was said, and comments where a reader would wonder. */
export function clientFileText(draft: ClientDraft, hash: string | undefined, schema: string | undefined): string {
  const fields = Object.entries(clientDocument(draft, hash)).map(
    ([name, value]) => `${commentOn(name, draft)}${stringify({ [name]: value })}`,
  );
  const silent =
    draft.backchannel_logout_uri === undefined
      ? ['# No backchannel_logout_uri: this app cannot be told about sign-offs.\n']
      : [];
  const head = schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}\n`];
  return [...head, ...fields, ...silent].join('');
}

function commentOn(name: string, { party }: ClientDraft): string {
  switch (name) {
    case 'party':
      return party === 'first'
        ? '# One of ours: no consent page.\n'
        : "# Somebody else's: people are asked for consent.\n";
    case 'client_secret_hash':
      return '# Of the secret that was shown once; a new one: signoff clients secret\n';
    case 'backchannel_logout_uri':
      return '# Logout tokens are posted here.\n';
    default:
      return '';
  }
}
