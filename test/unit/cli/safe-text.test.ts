import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { safeJson, safeText } from '../../../src/cli/safe-text.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

describe('text from elsewhere', () => {
  const cases = [
    ['\u001b[2J\u001b]0;owned\u0007', '\\u001b[2J\\u001b]0;owned\\u0007'],
    ['line\nbreak\r\t', 'line\\u000abreak\\u000d\\u0009'],
    ['\u009b31m', '\\u009b31m'],
    ['abc\u202etxt.exe', 'abc\\u202etxt.exe'],
    ['a\u2066b\u2069c\u200e', 'a\\u2066b\\u2069c\\u200e'],
    ['ze\u200bro', 'ze\\u200bro'],
    ['half \ud83d', 'half \\ud83d'],
    ['tag \u{e0041}', 'tag \\udb40\\udc41'],
  ] as const;
  for (const [hostile, shown] of cases) {
    it(`shows ${JSON.stringify(shown)}`, () => expect(safeText(hostile)).toBe(shown));
  }

  it('stays as it is where it is harmless', () => {
    for (const text of ['Zoë Müller', '北京', 'emoji 👍🏽', 'a\\b "c"']) expect(safeText(text)).toBe(text);
  });

  it('never keeps anything dangerous', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !DANGEROUS.test(safeText(text))));
  });
});

describe('JSON for a terminal', () => {
  it('means the same, on one line, with nothing dangerous in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = safeJson({ text });
        return !DANGEROUS.test(json) && (JSON.parse(json) as { text: string }).text === text;
      }),
    );
  });
});
