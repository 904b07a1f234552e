import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { Clock } from '../ops/clock.ts';
import type { HeldSession } from '../store/store.ts';
import { languageAmong } from '../words/language.ts';
import type { DeviceCookie } from './device-cookie.ts';
import type { InteractionMarks } from './interaction-adapter.ts';
import type { InteractionCookies } from './interaction-cookies.ts';

/** Node's own pair; Koa's context has it. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>> & InteractionMarks;

/** `browser` is the session that this browser holds now, whatever the interaction began with. */
export type FoundInteraction =
  | { readonly kind: 'found'; readonly interaction: Interaction; readonly browser: HeldSession | undefined }
  /** Over, or another browser's. `cookiesOff`: begun a moment ago, and the browser brings nothing that we gave it. */
  | { readonly kind: 'gone'; readonly cookiesOff: boolean; readonly browser: HeldSession | undefined };

export type InteractionLookup = (exchange: Exchange, uid: string) => Promise<FoundInteraction>;

/** A redirect is followed at once. Later, a browser without our cookie is somebody else's, who was sent a link. */
const FOLLOWED_WITHIN_MS = 60_000;

export function createInteractionLookup(parts: {
  currentProvider(): Provider;
  sessionOf(exchange: Exchange): Promise<HeldSession | undefined>;
  readonly device: DeviceCookie;
  readonly cookies: InteractionCookies;
  readonly clock: Clock;
}): InteractionLookup {
  const { device, cookies, clock } = parts;

  return async (exchange, uid) => {
    const provider = parts.currentProvider();
    const jar = provider.createContext(exchange.req, exchange.res).cookies;
    const [interaction, browser] = await Promise.all([
      provider.Interaction.find(uid) as Promise<Interaction | undefined>,
      parts.sessionOf(exchange),
    ]);
    if (!interaction) return { kind: 'gone', cookiesOff: false, browser };
    if (!cookies.began(jar, uid, interaction.deviceKey)) {
      const cookiesOff = device.keyOf(jar) === undefined && isFresh(interaction);
      return { kind: 'gone', cookiesOff, browser };
    }
    await rename(interaction, device.keyOf(jar));
    return { kind: 'found', interaction, browser };
  };

  function isFresh({ iat }: Interaction): boolean {
    return clock.now() - iat * 1000 < FOLLOWED_WITHIN_MS;
  }
}

/** Of several names that a new browser was given at once it kept this one. */
async function rename(interaction: Interaction, deviceKey: string | undefined): Promise<void> {
  if (deviceKey === undefined || deviceKey === interaction.deviceKey) return;
  interaction.deviceKey = deviceKey;
  await interaction.persist();
}

/**
 * Its page. The address names the app, where one asked, so that there is a way back when nothing else is left of the
 * interaction.
 */
export function pageOf({ uid, params }: Pick<Interaction, 'uid' | 'params'>): string {
  const { client_id: clientId, ui_locales: tags } = params;
  const page = `/interaction/${uid}`;
  if (clientId === undefined) return page;
  const language = languageAmong(typeof tags === 'string' ? tags : undefined);
  const about = { client_id: String(clientId), ...(language && { ui_locales: language }) };
  return `${page}?${new URLSearchParams(about)}`;
}

/** It began in a session that this browser does not hold any more. */
export function hasLostSession({ interaction, browser }: Extract<FoundInteraction, { kind: 'found' }>): boolean {
  const begun = interaction.session?.uid;
  return begun !== undefined && begun !== browser?.session.uid;
}

/**
 * Lets the request be judged anew by who is signed in now; answers the address to go to. What was answered before goes:
 * a sign-in of an hour ago must not come back after a sign-off.
 */
export async function startOver(interaction: Interaction): Promise<string> {
  const { session, result, lastSubmission, pending } = interaction;
  if (session || result || lastSubmission || pending) {
    const none = { session: undefined, result: undefined, lastSubmission: undefined, pending: undefined };
    Object.assign(interaction, none);
    await interaction.persist();
  }
  return interaction.returnTo;
}
