/** What an app may ask of how people prove who they are: `acr_values` (Core §3.1.2.1), `claims.id_token.acr` (§5.5.1.1). */
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { ACRS, type Acr, acrMet } from '../accounts/proof.ts';
import type { CredentialStore } from '../store/store.ts';

const { Check } = interactionPolicy;

/** Why the page for the second step comes up although somebody is signed in. */
export const ACR_WANTED = 'acr_wanted';

export interface AcrParts {
  readonly store: { readonly credentials: Pick<CredentialStore, 'ofAccount'> };
  readonly config: { readonly secondFactor?: 'offer' | 'require' | 'off' };
}

/** The `acr` values there are; without second factors only the first. */
export function acrValues({ secondFactor = 'off' }: AcrParts['config']): readonly Acr[] {
  return secondFactor === 'off' ? ACRS.slice(0, 1) : ACRS;
}

/**
 * In place of the library's checks, which ask for the password again and again when an app insists on an acr that cannot be
 * had. An essential one that cannot is a failed authentication; any other is a wish.
 */
export function acrIsMet({ store, config }: AcrParts): interactionPolicy.Check {
  return new Check(ACR_WANTED, 'the requested acr has to be proved', 'login_required', async ({ oidc }) => {
    const wanted = wantedAcr(oidc.params ?? {});
    if (wanted === undefined) return Check.NO_NEED_TO_PROMPT;
    const accountId = oidc.session?.accountId;
    const met = accountId === undefined ? undefined : acrMet(oidc.acr, wanted.values);
    if (met !== undefined) return present(oidc, met);
    const known = acrMet(acrValues(config).at(-1), wanted.values) !== undefined;
    // Who is not signed in yet may prove it in a moment.
    const hope =
      known && (accountId === undefined || (!oidc.result?.login && (await canProve(accountId, wanted.values))));
    if (hope && accountId === undefined) return Check.NO_NEED_TO_PROMPT;
    // A wish fails nobody: not where no page may come up either (`prompt=none`).
    if (hope && (wanted.essential || !oidc.promptPending('none'))) return Check.REQUEST_PROMPT;
    if (!wanted.essential) return Check.NO_NEED_TO_PROMPT;
    throw new errors.UnmetAuthenticationRequirements('the requested acr is not supported');
  });

  async function canProve(accountId: string, values: readonly string[]): Promise<boolean> {
    if (acrValues(config).length === 1) return false;
    const { list } = await store.credentials.ofAccount(accountId);
    if (list.length === 0) return false;
    const best: Acr = list.some(({ kind }) => kind === 'passkey') ? 'urn:signoff:passkey' : 'urn:signoff:two-factor';
    return acrMet(best, values) !== undefined;
  }
}

type Oidc = KoaContextWithOIDC['oidc'];

interface WantedAcr {
  readonly values: readonly string[];
  readonly essential: boolean;
}

interface AcrRequest {
  readonly essential?: boolean;
  readonly value?: string;
  readonly values?: readonly string[];
}

/** Undefined where nothing is asked for; a bare `essential` is met by whatever was proved. `acr_values` go before `claims`. */
function wantedAcr(params: Readonly<Record<string, unknown>>): WantedAcr | undefined {
  const { acr_values: wish, claims } = params;
  if (typeof wish === 'string' && wish !== '') return { values: wish.split(' '), essential: false };
  const request = typeof claims === 'string' ? acrIn(claims) : undefined;
  const values = request?.values ?? (request?.value === undefined ? undefined : [request.value]);
  if (values === undefined) return undefined;
  if (!Array.isArray(values)) throw new errors.InvalidRequest('claims.id_token.acr.values must be an array');
  return { values, essential: request?.essential === true };
}

/** The library has checked that it is JSON of the right shape. */
function acrIn(claims: string): AcrRequest | null | undefined {
  return (JSON.parse(claims) as { readonly id_token?: { readonly acr?: AcrRequest | null } }).id_token?.acr;
}

/** Whether this request comes to nothing where a code is typed in the place of a passkey. */
export function insistsOnPasskey(params: Readonly<Record<string, unknown>>): boolean {
  const wanted = wantedAcr(params);
  return wanted?.essential === true && acrMet('urn:signoff:two-factor', wanted.values) === undefined;
}

/** The ID token says what the app asked for, where something stronger was proved; the library would name that. */
function present(oidc: Oidc, met: Acr): boolean {
  Object.defineProperty(oidc, 'acr', { configurable: true, value: met });
  return Check.NO_NEED_TO_PROMPT;
}
