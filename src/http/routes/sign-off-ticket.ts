import { pageOld } from '../../errors.ts';
import { SCOPES, type Scope } from '../../logout/logout.ts';
import type { Clock } from '../../ops/clock.ts';
import type { CryptoBox } from '../../ops/crypto-box.ts';

/** What was checked when the sign-off page was made, for the form that comes back from it. */
interface SignOffTicket {
  readonly about: AboutSession | AboutParticipation;
  readonly clientId: string | undefined;
  /** The registered address to go to after a yes. */
  readonly continueUri: string | undefined;
}

/** Whose page it was: the form of one session must not end another. */
interface AboutSession {
  readonly kind: 'session';
  readonly uid: string;
  /** The participation whose app asked, by a good hint. */
  readonly askedSid: string | undefined;
}

/** What a hint proved where nobody is signed in. */
interface AboutParticipation {
  readonly kind: 'participation';
  readonly sid: string;
}

export interface SignOffTickets {
  seal(ticket: SignOffTicket): string;
  /** Undefined when the form carried none; throws `page_old` for one that is altered or older than an hour. */
  open(text: string | undefined): SignOffTicket | undefined;
  /** Which app asked, however old the ticket is. */
  clientIdOf(text: string | undefined): string | undefined;
}

const LIFE_MS = 60 * 60 * 1000;

/** Tells these tickets from all else that is sealed under the same key. */
const PURPOSE = 'sign-off.v2';

/**
 * The checked request travels through the form sealed (AES-256-GCM), so that nobody can swap the client or the address
 * to go to, and the address bar and the page's source hold no hint.
 */
export function createSignOffTickets({ box, clock }: { box: CryptoBox; clock: Clock }): SignOffTickets {
  return {
    seal: (ticket) => box.seal(JSON.stringify({ ...ticket, purpose: PURPOSE, until: clock.now() + LIFE_MS })),
    open(text) {
      if (text === undefined || text === '') return undefined;
      const content = unseal(text, box);
      if (content?.purpose !== PURPOSE || !(content.until > clock.now())) throw pageOld();
      const { about, clientId, continueUri } = content;
      return { about, clientId, continueUri };
    },
    clientIdOf(text) {
      const content = text ? unseal(text, box) : undefined;
      return content?.purpose === PURPOSE ? content.clientId : undefined;
    },
  };
}

function unseal(text: string, box: CryptoBox): (SignOffTicket & { purpose: string; until: number }) | undefined {
  try {
    return JSON.parse(box.open(text));
  } catch {
    return undefined;
  }
}

/** A `scope` field; undefined for anything that is not one of the four. */
export function readScope(text: string | undefined): Scope | undefined {
  return SCOPES.find((scope) => scope === text);
}
