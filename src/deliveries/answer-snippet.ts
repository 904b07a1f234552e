const CHARS_MAX = 300;

/**
 * The start of an app's answer, fit to be stored and shown to operators: one line, no control or bidirectional
 * characters (terminals), and nothing that looks like a token, because apps echo what they were sent (invariant 9).
 */
export function answerSnippet(body: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(body);
  const harmless = text
    .replace(/eyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*/g, '[token]')
    .replace(/[A-Za-z0-9_+/-]{40,}/g, '[…]')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return harmless === '' ? undefined : harmless.slice(0, CHARS_MAX);
}
