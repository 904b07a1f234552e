/** What comes next of an app's request, and what its page has to show. */
import type { Registry } from '../clients/registry.ts';
import type { ExtraScopes } from '../extra-scopes.ts';
import type { Clock } from '../ops/clock.ts';
import type { Store } from '../store/store.ts';
import { ACR_WANTED, insistsOnPasskey } from './acr-check.ts';
import { newlyAsked } from './asked-scopes.ts';
import type { InteractionDetails } from './interaction-details.ts';
import { type Exchange, type FoundInteraction, hasLostSession, pageOf } from './interaction-lookup.ts';
import { SOMEBODY_ELSE } from './interaction-policy.ts';
import { ownPlaceOf } from './own-sign-in.ts';
import { type PendingSignIn, pendingIn } from './pending-sign-in.ts';
import type { Oidc } from './provider.ts';

export interface PageParts {
  readonly oidc: Pick<Oidc, 'findInteraction'>;
  readonly store: Pick<Store, 'accounts'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly clock: Clock;
  readonly config: { readonly scopes: ExtraScopes };
}

export type Found = Extract<FoundInteraction, { kind: 'found' }>;

/** Our pages by the library's prompts. */
export type PageKind = 'sign-in' | 'consent' | 'continue';

export const KINDS: Readonly<Record<string, PageKind>> = {
  login: 'sign-in',
  consent: 'consent',
  continue: 'continue',
  select_account: 'continue',
};

/** `gone` also when the app may not sign anybody in any more. */
export async function load(exchange: Exchange, uid: string, { oidc, registry }: PageParts): Promise<FoundInteraction> {
  const found = await oidc.findInteraction(exchange, uid);
  if (found.kind === 'gone' || ownPlaceOf(found.interaction) !== undefined) return found;
  const isActive = registry.get(String(found.interaction.params['client_id']))?.state === 'active';
  return isActive ? found : { kind: 'gone', cookiesOff: false, browser: found.browser };
}

export async function describe(exchange: Exchange, uid: string, parts: PageParts): Promise<InteractionDetails> {
  const found = await load(exchange, uid, parts);
  const signedIn = found.browser !== undefined;
  if (found.kind === 'gone') return { kind: 'gone', cookiesOff: found.cookiesOff, signedIn };
  const { interaction } = found;
  const kind = KINDS[interaction.prompt.name];
  const client = parts.registry.get(String(interaction.params['client_id']))?.client;
  const common = { uid, address: pageOf(interaction), answered: interaction.answered ?? false, signedIn };
  if (kind === 'sign-in') return { ...common, client, ...(await signInOrSecondStep(found, parts)) };
  if (!kind || !client) return { kind: 'gone', cookiesOff: false, signedIn };
  if (hasLostSession(found)) return { kind: 'overtaken', overtaken: true };
  const account = await parts.store.accounts.find(interaction.session?.accountId ?? '');
  if (account?.state !== 'active') return { kind: 'overtaken', overtaken: true };
  return kind === 'continue'
    ? { kind, ...common, client, account }
    : { kind, ...common, client, account, scopes: newlyAsked(interaction, parts.config.scopes) };
}

/** Reasons for which a password is wanted although somebody may be signed in. */
const WANTS_PASSWORD: readonly string[] = ['login_prompt', 'other_account'];

/**
 * Whoever is signed in by the password, and is asked for more by the app, is as far as one whose password was just right: where
 * that is all that is asked, and it is this person.
 */
export function pendingFor(found: Found, now: number): PendingSignIn | undefined {
  const { interaction, browser } = found;
  const pending = pendingIn(interaction, now);
  const isAllThatIsAsked = interaction.prompt.reasons.join() === ACR_WANTED;
  if (pending || !isAllThatIsAsked || !browser || hasLostSession(found)) return pending;
  const { accountId, generation, device } = browser.session;
  return { accountId, generation, device, shared: browser.payload['transient'] === true, at: now };
}

/** Which of the two it is: in another tab the person may be signed in by now, and then it is neither. */
async function signInOrSecondStep(found: Found, parts: PageParts) {
  const facts = await signInFacts(found, parts);
  const pending = facts.overtaken ? undefined : pendingFor(found, parts.clock.now());
  const account = pending && (await parts.store.accounts.find(pending.accountId));
  const passkeyOnly = insistsOnPasskey(found.interaction.params);
  const afterPassword = pendingIn(found.interaction, parts.clock.now()) !== undefined;
  return account?.state === 'active'
    ? ({ kind: 'second-step', account, proof: pending?.proof, afterPassword, passkeyOnly } as const)
    : ({ kind: 'sign-in', ...facts } as const);
}

async function signInFacts({ interaction, browser }: Found, { store }: PageParts) {
  const { params, prompt, session } = interaction;
  const { login_hint: hint } = params;
  const isAnother = prompt.reasons.some((reason) => reason === 'other_account' || reason === SOMEBODY_ELSE);
  const wanted = prompt.reasons.some((reason) => WANTS_PASSWORD.includes(reason));
  const account = browser && (await store.accounts.find(browser.session.accountId));
  return {
    loginHint: typeof hint === 'string' ? hint : undefined,
    account,
    again: account !== undefined && !isAnother,
    overtaken: !wanted && browser !== undefined && browser.session.uid !== session?.uid,
  };
}
