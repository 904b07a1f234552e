import { expect, it } from '@jest/globals';
import { AppError } from '../../src/errors.ts';
import { isBusy, toStoreError } from '../../src/store/sqlite/errors.ts';

const sqliteError = (errcode: number) => Object.assign(new Error('sqlite'), { code: 'ERR_SQLITE_ERROR', errcode });

/** Extended codes carry the primary one in their low byte (sqlite.org/rescode.html). */
it.each([
  ['busy', 5],
  ['busy, another is recovering', 261],
  ['locked', 6],
  ['read-only', 8],
  ['an I/O error of a sync', 1034],
  ['corrupt', 11],
  ['full', 13],
  ['not to be opened', 14],
  ['no database', 26],
])('a file that is %s is a store out of reach', (_, errcode) => {
  const error = sqliteError(errcode);
  expect(toStoreError(error)).toMatchObject({ code: 'store_unavailable', status: 503, cause: error });
});

it.each([
  ['a broken constraint', 19],
  ['a mistake in the SQL', 1],
])('%s is our own mistake, and no 503', (_, errcode) => {
  const error = sqliteError(errcode);
  expect(toStoreError(error)).toBe(error);
});

it('leaves alone what is no error of SQLite', () => {
  const error = new AppError({ code: 'store_newer', status: 500, publicMessage: 'newer' });
  expect(toStoreError(error)).toBe(error);
  expect(toStoreError(undefined)).toBeUndefined();
  expect(isBusy(new Error('busy'))).toBe(false);
});
