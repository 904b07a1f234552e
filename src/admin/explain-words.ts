/** The words of `explain`: of a row of the policy table, and of a delivery. */
import type { Delivery } from '../deliveries/delivery.ts';
import type { Scope } from '../logout/logout.ts';
import type { LogoutDecision } from '../logout/logout-policy.ts';
import type { Asking, PolicyRow } from '../logout/policy-rows.ts';
import { iso } from '../ops/clock.ts';

const ASKING_WORDS: Readonly<Record<Asking, string>> = {
  'good-hint': "a hint of this browser's session",
  'no-hint': 'client_id alone',
  'old-hint': 'a hint of another session, or too old',
  'foreign-hint': 'a hint of another account',
  'nobody-here': 'a hint that lives, nobody signed in here',
  'nobody-anywhere': 'a hint that is over, nobody signed in here',
  'bad-request': 'a forged hint or a wrong address',
};

/** Who asks, and for what. */
export function askingWords({ asking, wished }: PolicyRow): string {
  return wished === undefined ? ASKING_WORDS[asking] : `${ASKING_WORDS[asking]}, logout_scope=${wished}`;
}

const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'app-here': 'this app, on this device',
  'all-here': 'all apps, on this device',
  'app-everywhere': 'this app, on all devices',
  'all-everywhere': 'everything, everywhere',
};

/** What happens then, in one sentence. */
export function decisionWords(decision: LogoutDecision): string {
  switch (decision.kind) {
    case 'proceed':
      return `Ends ${SCOPE_WORDS[decision.scope]}, without a page, and goes on to the registered address.`;
    case 'ask':
      return `Asks; "${SCOPE_WORDS[decision.preselected]}" is preselected. ${
        decision.redirects ? 'After a yes it goes on to the registered address.' : 'It never goes on to the app.'
      }`;
    case 'ask-own':
      return 'Asks whether this one sign-in of the app shall end; nothing else can.';
    case 'already-out':
      return decision.redirects
        ? 'Nothing is left to end: goes on to the registered address.'
        : 'Nothing is left to end.';
    case 'refuse':
      return 'An error page that offers to sign out; it never goes on to the app.';
  }
}

/** What a program reads of a decision. */
export function decisionFacts(decision: LogoutDecision) {
  return {
    decision: decision.kind,
    ends: decision.kind === 'proceed' ? decision.scope : null,
    preselected: decision.kind === 'ask' ? decision.preselected : null,
    offered: decision.kind === 'ask' ? [...decision.offered] : null,
    redirects:
      'redirects' in decision ? decision.redirects : decision.kind === 'proceed' || decision.kind === 'ask-own',
  };
}

/** Why an app has no delivery in a logout. */
export function absentWords(clientId: string, { walking, known }: { walking: boolean; known: boolean }): string {
  if (!known) return `There is no app ${clientId}.`;
  return walking
    ? `${clientId} is not among those that were planned so far; this end is still being walked.`
    : `${clientId} was not told, because it was in none of the sign-ins that this end is about.`;
}

/** Why an app was told, or was not, or not yet. `toldAt`: the address it has now. */
export function deliveryWords(delivery: Delivery, toldAt: string | undefined): string {
  const answer = lastAnswer(delivery);
  switch (delivery.state) {
    case 'told':
      return `It was told: ${answer}.`;
    case 'trying':
      return `${tryingWords(delivery, answer)} ${deadlineWords(delivery)}`;
    case 'refused':
      return `It was not told: ${answer}, and a fresh token changed nothing. Look at what it said, mend it there, then send it again.`;
    case 'given-up':
      return `It was not told: no good answer until ${iso(delivery.deadline.at)}; the last was ${answer}. When it is well again, send it again.`;
    case 'moot':
      return delivery.asked && delivery.lastStatus === 400
        ? 'It asked for this end itself and had ended its own session first, so its 400 is no refusal.'
        : `Telling it no longer matters: its own longest session (max_session) was over at ${iso(delivery.deadline.at)}, or the app was removed.`;
    case 'cannot-be-told':
      return toldAt === undefined
        ? 'It cannot be told: its client file names no backchannel_logout_uri.'
        : 'It could not be told: its client file named no backchannel_logout_uri then. It does now, for the next end.';
    case 'asked-browser':
      return 'The browser that signed off was asked to call its frontchannel_logout_uri; nobody hears what came of that.';
    case 'not-asked-for':
      return 'It was not told: logout.on in its client file leaves out the reason of this end.';
  }
}

function lastAnswer({ lastStatus, lastError, attempts }: Delivery): string {
  if (lastStatus !== undefined) return `it answered ${lastStatus}`;
  if (lastError !== undefined) return lastError;
  return attempts === 0 ? 'nobody has tried yet' : 'it did not answer';
}

function tryingWords({ attempts, nextAttemptAt }: Delivery, answer: string): string {
  if (attempts === 0) return 'It is about to be told; where that lasts, no process delivers (SIGNOFF_DELIVERY_RUN).';
  const next = nextAttemptAt === undefined ? 'it is being tried now' : `the next try is at ${iso(nextAttemptAt)}`;
  return `It is not told yet: ${answer}; ${next}.`;
}

function deadlineWords({ deadline }: Delivery): string {
  return `Trying stops at ${iso(deadline.at)}; then it is ${deadline.becomes}.`;
}
