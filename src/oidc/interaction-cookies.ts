/**
 * In which browser an interaction was begun. Stock leaves four cookies for each, for an hour: at 45 of them Chromium throws
 * out what other services of the host have set. Here the row names the browser by its device key, and however many
 * sign-ins are begun and left behind, the browser holds one cookie.
 */
import type { IncomingMessage } from 'node:http';
import { cookieNames } from './cookies.ts';
import type { CookieJar, DeviceCookie } from './device-cookie.ts';

export interface InteractionCookies {
  /** Called in the answer that begins it; the browser gets its device cookie in the same one. */
  begin(jar: CookieJar, uid: string): void;
  /**
   * Whether this browser began it: nobody may answer in one browser what another one asked, or a page that was sent to a
   * victim would sign the sender in as the victim. `by` is what the row says.
   */
  began(jar: CookieJar, uid: string, by: string | undefined): boolean;
  /** Takes away what a new browser was given beside its name; answers the interactions that were marked so. */
  settle(jar: CookieJar, request: IncomingMessage): readonly string[];
}

/** Long enough for the redirect to the page. */
const BEGUN_MS = 10 * 60 * 1000;
const ATTRIBUTES = { signed: false, httpOnly: true, sameSite: 'lax', path: '/', overwrite: true } as const;

/**
 * A new browser that opens several tabs at once gets as many names and keeps one of them: until it has shown that it does,
 * each interaction has a cookie of its own.
 */
export function createInteractionCookies(issuer: string, device: DeviceCookie): InteractionCookies {
  const { begun } = cookieNames(issuer);
  return {
    begin(jar, uid) {
      if (device.keyOf(jar) === undefined) jar.set(begun + uid, '1', { ...ATTRIBUTES, maxAge: BEGUN_MS });
    },
    began(jar, uid, by) {
      const key = device.keyOf(jar);
      return (key !== undefined && key === by) || jar.get(begun + uid, { signed: false }) === '1';
    },
    settle(jar, request) {
      const marks = cookieNamesIn(request).filter((name) => name.startsWith(begun));
      for (const name of marks) jar.set(name, null, ATTRIBUTES);
      return marks.map((name) => name.slice(begun.length));
    },
  };
}

function cookieNamesIn({ headers }: IncomingMessage): readonly string[] {
  return (headers.cookie ?? '').split(/; */).map((pair) => pair.slice(0, pair.indexOf('=')));
}
