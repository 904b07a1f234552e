/** What was refused, for whoever sets up an app: one line that says what was sent and what the client file wants. */
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Client } from '../clients/client-file.ts';
import type { Registry } from '../clients/registry.ts';
import { AppError } from '../errors.ts';
import type { Facts, Log } from '../ops/log.ts';
import { addressFacts, clientIdFact } from './refusal-facts.ts';

export function logRefusals(provider: Provider, registry: Pick<Registry, 'get'>, log: Log): void {
  provider.on('server_error', (ctx, error) => log.error('request.failed', { path: firstPart(ctx.path), error }));

  provider.on('authorization.error', (ctx, error) => {
    // A limit has a line of its own.
    if (error instanceof AppError) return;
    const client = clientOf(ctx, registry);
    const asked = ctx.oidc.params?.['redirect_uri'];
    log.info('sign_in.request_refused', {
      client_id: client?.client_id ?? clientIdFact(ctx.oidc.params?.['client_id']),
      reason: error.message,
      description: describe(error).error_description,
      ...(error instanceof errors.InvalidRedirectUri && addressFacts(asked, client?.redirect_uris)),
    });
  });

  const refused = (ctx: KoaContextWithOIDC, error: Error) => {
    if (error instanceof AppError) return;
    const client = clientOf(ctx, registry);
    log.info('request.refused', {
      path: firstPart(ctx.path),
      client_id: client?.client_id ?? clientIdFact(ctx.oidc.params?.['client_id']),
      reason: error.message,
      description: describe(error).error_description,
      ...(isOfProof(error) && proofFacts(ctx, error, client)),
    });
  };
  provider.on('grant.error', refused);
  provider.on('revocation.error', refused);
  provider.on('introspection.error', refused);
  provider.on('pushed_authorization_request.error', refused);
}

function clientOf({ oidc }: KoaContextWithOIDC, registry: Pick<Registry, 'get'>): Client | undefined {
  return registry.get(oidc.client?.clientId ?? '')?.client;
}

/** The library's own words; none of them is sent by somebody. */
function describe(error: Error) {
  return error as Error & { readonly error_description?: string; readonly error_detail?: string };
}

/** Of an app that could not prove who it is. */
function isOfProof(error: Error): boolean {
  const { error_description: words = '' } = describe(error);
  return error instanceof errors.InvalidClientAuth || words.includes('authorization header');
}

/** Never what was sent as a secret, only how. */
function proofFacts(ctx: KoaContextWithOIDC, error: Error, client: Client | undefined): Facts {
  const tried = triedMethod(ctx);
  const hint = tried === 'client_secret_basic' && mayBeUnencoded(ctx) ? FORM_ENCODED : undefined;
  return {
    detail: describe(error).error_detail,
    tried_method: tried,
    registered_method: client?.token_endpoint_auth_method,
    ...(hint && { hint }),
  };
}

function triedMethod({ oidc, headers }: KoaContextWithOIDC): string {
  if (headers.authorization !== undefined) return 'client_secret_basic';
  if (oidc.params?.['client_secret'] !== undefined) return 'client_secret_post';
  return oidc.params?.['client_assertion'] === undefined ? 'none' : 'private_key_jwt';
}

const FORM_ENCODED =
  'a + or % in client_id or client_secret must be form-encoded before it goes into Basic (RFC 6749 §2.3.1)';

/** Many libraries send the secret as it is, and a + then arrives as a space. */
function mayBeUnencoded({ headers }: KoaContextWithOIDC): boolean {
  const [, credentials = ''] = (headers.authorization ?? '').split(' ');
  return /[+%]/.test(Buffer.from(credentials, 'base64').toString('utf8'));
}

/** What follows in the path may be an id that opens something. */
function firstPart(path: string): string {
  return `/${path.split('/')[1] ?? ''}`;
}
