/** An error of a call with a stable code: Node's where it has one, ours for our own limits. */
export function callError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/** `ETIMEDOUT`: one of our own limits; the message says which. */
export function timedOut(what: string, ms: number): NodeJS.ErrnoException {
  return callError('ETIMEDOUT', `${what} within ${Math.ceil(ms / 1000)} s`);
}

/** `EABORTED`: whoever made the call gave it up. */
export const CUT_OFF = 'the call was cut off';
