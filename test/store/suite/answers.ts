import { expect, it } from '@jest/globals';
import { HOUR, T0 } from '../../support/builders.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function answersSuite(make: MakePlace): void {
  const at = freshStore(make);
  const begin = (key: string, body = 'body', now = T0) => at.store.answers.begin(key, body, now, now + HOUR);

  it('lets one of two requests with a key begin, and tells the other what is known of it', async () => {
    const another = await at.place.open();
    const race = await Promise.all([begin('a'), another.answers.begin('a', 'body', T0, T0 + HOUR)]);
    expect(race).toEqual(expect.arrayContaining(['begun', { bodyHash: 'body', sealedAnswer: undefined }]));
    await at.store.answers.finish('a', 'v1.answer');
    await expect(begin('a', 'other body')).resolves.toEqual({ bodyHash: 'body', sealedAnswer: 'v1.answer' });
    await expect(begin('b')).resolves.toBe('begun');
  });

  it('gives a key back that was released, or whose time is over', async () => {
    await begin('a');
    await begin('b');
    await at.store.answers.release('a');
    await expect(begin('a', 'other')).resolves.toBe('begun');
    await expect(begin('b', 'body', T0 + HOUR - 1)).resolves.toMatchObject({ bodyHash: 'body' });
    await expect(begin('b', 'other', T0 + HOUR)).resolves.toBe('begun');
  });

  it('removes what expired, so many at a time', async () => {
    for (const key of ['a', 'b', 'c']) await begin(key);
    await begin('d', 'body', T0 + 1);
    await expect(at.store.answers.removeExpired(T0 + HOUR, 2)).resolves.toBe(2);
    await expect(at.store.answers.removeExpired(T0 + HOUR, 2)).resolves.toBe(1);
    await expect(begin('d')).resolves.not.toBe('begun');
  });
}
