import type { Context } from 'koa';
import type { Client } from '../../clients/client-file.ts';
import type { Ended } from '../../logout/end-sessions.ts';
import type { Logout, Progress } from '../../logout/logout.ts';
import type { WaitForApps } from '../../logout/wait-for-apps.ts';
import type { Clock } from '../../ops/clock.ts';
import type { DeliveryStore } from '../../store/store.ts';
import { appFace } from '../app-face.ts';
import { keepLanguage, languageOf } from '../language.ts';
import { markEnded } from '../middleware/answer-times.ts';
import type { Renderer } from '../render.ts';
import { seeOther } from '../see-other.ts';
import { markBrowser } from './receipt-cookie.ts';

export interface AnswerLogoutParts {
  readonly waitForApps: WaitForApps;
  /** `SIGNOFF_LOGOUT_WAIT`. */
  readonly logoutWaitMs: number;
  readonly clock: Clock;
  readonly render: Renderer['render'];
  readonly store: { readonly deliveries: Pick<DeliveryStore, 'find'> };
}

/** Who asked and where to go on to. */
export interface Onward {
  readonly client: Client | undefined;
  /** The registered `post_logout_redirect_uri` with `state`; undefined when there is none, or it must not be used. */
  readonly continueUri: string | undefined;
  /** The participation whose app asked, by an ID token of it that was verified. */
  readonly askedSid?: string | undefined;
}

/**
 * Answers the browser after a logout was committed (DESIGN §5 "Answering"): waits for first answers, at most
 * `SIGNOFF_LOGOUT_WAIT`; all told → on to the app, else (and without an address to go to) the receipt. The receipt is
 * what keeps us honest: an early redirect would claim more than is known.
 */
export async function answerLogout(
  ctx: Context,
  ended: Ended,
  onward: Onward,
  parts: AnswerLogoutParts,
): Promise<void> {
  if (ended.kind === 'nothing') {
    answerSignedOut(ctx, onward, parts);
    return;
  }
  const { logout, linkId } = ended;
  markEnded(ctx, logout.id);
  const progress = await parts.waitForApps(logout.id, parts.logoutWaitMs);
  // Only a page of ours can have this browser call apps.
  const callsApps = (progress?.askedBrowser ?? 0) > 0;
  const skipsReceipt = !callsApps && onward.client?.logout.after_wait === 'redirect';
  if (onward.continueUri !== undefined && (skipsReceipt || (await holdsNobody(logout, progress, onward, parts)))) {
    seeOther(ctx, onward.continueUri);
    return;
  }
  markBrowser(ctx, linkId, parts.clock.now());
  seeOther(ctx, keepLanguage(ctx, `/logout/${linkId}`));
}

/** Nothing (more) to end here: no error (RP-Initiated Logout §4). */
export function answerSignedOut(ctx: Context, { client, continueUri }: Onward, { render }: AnswerLogoutParts): void {
  if (continueUri !== undefined) seeOther(ctx, continueUri);
  else render(ctx, 'signed-out', client ? { app: appFace(client, languageOf(ctx)) } : {});
}

/** Nobody is missing, or only the app that goes on from here: it answered, and its 400 to its own token holds nobody. */
async function holdsNobody(
  logout: Logout,
  progress: Progress | undefined,
  { askedSid }: Onward,
  { store }: AnswerLogoutParts,
): Promise<boolean> {
  if (logout.walking || progress === undefined || progress.askedBrowser > 0) return false;
  const missing = progress.trying + progress.refused + progress.givenUp;
  if (missing !== 1 || askedSid === undefined) return missing === 0;
  // A participation ends once, so its `sid` names its delivery.
  const own = await store.deliveries.find(askedSid).catch(() => undefined);
  return own?.asked === true && own.state === 'trying' && own.lastStatus === 400;
}
