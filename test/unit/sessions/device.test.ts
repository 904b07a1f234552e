import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeDevice } from '../../../src/sessions/device.ts';

describe('the friendly name of a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Chrome on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [undefined, 'Unknown browser'],
    ['curl/8.5.0', 'Unknown browser'],
  ])('%s', (userAgent, name) => {
    expect(describeDevice(userAgent)).toBe(name);
  });

  it('never carries markup, control characters or more than a line, whatever the header says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (userAgent) => {
        const name = describeDevice(userAgent);
        expect(name.length).toBeGreaterThan(0);
        expect(name).not.toMatch(/[<>"'&\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});
