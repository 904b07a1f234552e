import TestSequencer from '@jest/test-sequencer';

/** Minutes each, where the rest takes seconds: begun last they would keep one worker busy while the other one is idle. */
const LONG = ['test/store/', 'test/crash/', 'test/spec/conformance', 'test/browser/'];

/** Long files first, the rest in jest's order, which on a clean checkout knows sizes only. */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const place = ({ path }) => {
      const known = LONG.findIndex((part) => path.includes(part));
      return known === -1 ? LONG.length : known;
    };
    return super.sort(tests).toSorted((a, b) => place(a) - place(b));
  }
}
