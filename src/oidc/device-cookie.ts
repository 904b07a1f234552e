import { randomId, sha256 } from '../ops/ids.ts';
import { cookieNames } from './cookies.ts';

/** The cookies of one request and its answer; those of Koa's contexts, our own and the library's. */
export interface CookieJar {
  get(name: string, options: { readonly signed: boolean }): string | undefined;
  set(name: string, value: string | null, options: CookieAttributes): unknown;
}

interface CookieAttributes {
  readonly signed: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'lax';
  readonly path: string;
  readonly maxAge?: number;
  readonly overwrite: boolean;
}

/**
 * The name that a browser has with us, for a year. It opens nothing by itself: it ties the sessions of one browser
 * together, so that two sign-in pages finished at the same instant leave no session that no browser can end, and it says
 * in which browser a sign-in was begun.
 */
export interface DeviceCookie {
  /** The device key, a hash, of a browser that sent its cookie. */
  keyOf(jar: CookieJar): string | undefined;
  /** Gives the browser its cookie for another year; answers its device key. */
  ensure(jar: CookieJar): string;
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Ours is 43 characters of base64url; anything else was not set by us. */
const SHAPE = /^[\w-]{43}$/;

export function createDeviceCookie(issuer: string): DeviceCookie {
  const { device } = cookieNames(issuer);
  /** What was given out in the answers under way: one answer gives one name. */
  const given = new WeakMap<CookieJar, string>();

  function known(jar: CookieJar): string | undefined {
    const value = jar.get(device, { signed: false });
    return value !== undefined && SHAPE.test(value) ? value : undefined;
  }

  return {
    keyOf(jar) {
      const value = known(jar);
      return value === undefined ? undefined : sha256(value);
    },
    ensure(jar) {
      const value = known(jar) ?? given.get(jar) ?? randomId(32);
      given.set(jar, value);
      const attributes = { signed: false, httpOnly: true, sameSite: 'lax', path: '/', overwrite: true } as const;
      jar.set(device, value, { ...attributes, maxAge: YEAR_MS });
      return sha256(value);
    },
  };
}
