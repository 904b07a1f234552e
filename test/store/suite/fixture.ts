import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { Store } from '../../../src/store/store.ts';
import type { StorePlace } from '../../support/stores.ts';

/** An empty place; `unmade`: one in which no store was ever opened, where that is what a test is about. */
export type MakePlace = (kind?: 'unmade') => Promise<StorePlace>;

export interface Fixture {
  readonly store: Store;
  readonly place: StorePlace;
}

/** One store for all tests of a block: they use ids of their own. */
export function sharedStore(make: MakePlace): Fixture {
  const { fixture, setUp, tearDown } = prepare(make);
  beforeAll(setUp);
  afterAll(tearDown);
  return fixture;
}

/** A store for each test: what it asks is about all rows. */
export function freshStore(make: MakePlace): Fixture {
  const { fixture, setUp, tearDown } = prepare(make);
  beforeEach(setUp);
  afterEach(tearDown);
  return fixture;
}

function prepare(make: MakePlace) {
  let opened: Fixture | undefined;
  function now(): Fixture {
    if (!opened) throw new Error('the store is there inside of tests only');
    return opened;
  }
  return {
    fixture: {
      get store() {
        return now().store;
      },
      get place() {
        return now().place;
      },
    },
    async setUp() {
      const place = await make();
      opened = { place, store: await place.open() };
    },
    async tearDown() {
      await opened?.place.remove();
    },
  };
}
