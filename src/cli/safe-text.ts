/**
 * What could move a cursor, colour a terminal, hide text or turn its direction: control characters (C0, DEL, C1), marks
 * and overrides of bidirectional text, invisible joiners and separators, tags, halves of surrogate pairs.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** Text from anywhere, made safe for a terminal: what is unsafe shows as its escape, like `\u001b`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/**
 * One JSON document on one line, with everything unsafe for a terminal written as an escape. What is absent is null, never
 * left out: scripts find every name in every row.
 */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, (_name, one) => (one === undefined ? null : one)).replace(UNSAFE, escaped);
}

/** Each half of a pair by itself, because JSON knows no other way. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
