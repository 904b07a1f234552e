/** Which page stands between an app's request and its code, in this order: sign-in, account choice, continue, consent. */
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isAnybodys } from '../clients/redirect-rules.ts';
import type { Registry } from '../clients/registry.ts';
import { type AcrParts, acrIsMet } from './acr-check.ts';
import type { Keys } from './keys.ts';
import { factsOf } from './request-facts.ts';
import { isSomebodyElse, wantedSubs } from './wanted-person.ts';

const { base, Check, Prompt } = interactionPolicy;

interface PolicyParts extends AcrParts {
  readonly registry: Pick<Registry, 'get'>;
  readonly keys: Pick<Keys, 'pairwiseSalt'>;
}

export function createInteractionPolicy(parts: PolicyParts): interactionPolicy.DefaultPolicy {
  const { registry } = parts;
  const policy = base();
  const login = policy.get('login');
  const consent = policy.get('consent');
  if (!login || !consent) throw new Error("the library's prompts have changed");

  login.checks.add(accountIsGone(), 0);
  login.checks.remove('essential_acrs');
  login.checks.remove('essential_acr');
  login.checks.add(acrIsMet(parts));
  login.checks.remove('id_token_hint');
  login.checks.remove('claims_id_token_sub_value');
  login.checks.add(namesSomebodyElse(parts));

  exceptFirstParty(consent, registry);
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 1);
  policy.add(new Prompt({ name: 'continue' }, signedOffHere(), addressIsAnybodys(registry)), 2);
  return policy;
}

/** Without this the library answers 500 to an app whose user was disabled a moment ago. */
function accountIsGone(): interactionPolicy.Check {
  return new Check('account_gone', 'the account cannot be used', 'login_required', ({ oidc }) => {
    return oidc.session?.accountId !== undefined && oidc.account === undefined;
  });
}

/** Why the sign-in page comes up: the app asks for another person than the one who is signed in. */
export const SOMEBODY_ELSE = 'somebody_else';

/**
 * Core §3.1.2.1, §3.1.2.2: an app that names one person never gets another. Stock looks before the sign-in page only, takes
 * whoever signs in there where a hint named somebody, and asks without end where `claims` did.
 */
function namesSomebodyElse({ registry, keys }: PolicyParts): interactionPolicy.Check {
  return new Check(SOMEBODY_ELSE, 'somebody else than the request names', 'login_required', ({ oidc }) => {
    const client = registry.get(oidc.client?.clientId ?? '')?.client;
    const params = oidc.params ?? {};
    if (!client || wantedSubs(params).length === 0) return Check.NO_NEED_TO_PROMPT;
    const accountId = oidc.session?.accountId;
    if (accountId === undefined) return Check.REQUEST_PROMPT;
    if (!isSomebodyElse(accountId, params, client, keys.pairwiseSalt)) return Check.NO_NEED_TO_PROMPT;
    if (oidc.result?.login) throw new errors.LoginRequired('somebody else signed in than the request names');
    return Check.REQUEST_PROMPT;
  });
}

/** First-party apps get no consent page, whatever they ask for (DESIGN §12). */
function exceptFirstParty(consent: interactionPolicy.Prompt, registry: Pick<Registry, 'get'>): void {
  for (const one of consent.checks) {
    const { check } = one;
    one.check = (ctx) => !isFirstParty(ctx, registry) && check(ctx);
  }
}

/** Whether the client of this request is one of ours. */
export function isFirstParty({ oidc }: KoaContextWithOIDC, registry: Pick<Registry, 'get'>): boolean {
  return registry.get(oidc.client?.clientId ?? '')?.client.party === 'first';
}

/** An app that was signed off here while the session lives on asks "Continue as …?", or one redirect would undo it. */
function signedOffHere(): interactionPolicy.Check {
  return new Check('signed_off', 'the app was signed off in this session', 'login_required', (ctx) => {
    const { client } = ctx.oidc;
    if (!client || hadPage(ctx)) return Check.NO_NEED_TO_PROMPT;
    return factsOf(ctx).stored?.signedOffClients.includes(client.clientId) ?? false;
  });
}

/**
 * A native app of ours has no consent page, so a person who is signed in would notice nothing when some other program on
 * the device asks in its name and listens at its address (RFC 8252 §8.6). Others' native apps ask for consent each time.
 */
function addressIsAnybodys(registry: Pick<Registry, 'get'>): interactionPolicy.Check {
  return new Check('unproven_address', 'the address proves nothing about the app', 'interaction_required', (ctx) => {
    const { client, params } = ctx.oidc;
    if (client?.applicationType !== 'native' || !isFirstParty(ctx, registry) || hadPage(ctx)) return false;
    return isAnybodys(String(params?.['redirect_uri']));
  });
}

/** In this very request somebody typed a password, or said "Continue". */
function hadPage({ oidc: { result } }: KoaContextWithOIDC): boolean {
  return result?.login !== undefined || result?.['continue'] !== undefined;
}
