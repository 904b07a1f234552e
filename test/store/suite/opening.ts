import { expect, it } from '@jest/globals';
import { newAccount, signIn, T0 } from '../../support/builders.ts';
import { openStoreAt } from '../../support/stores.ts';
import { freshStore, type MakePlace } from './fixture.ts';

export function openingSuite(make: MakePlace): void {
  const at = freshStore(make);

  it('answers a ping', async () => {
    await expect(at.store.ping()).resolves.toBeUndefined();
  });

  it('closes twice, and says afterwards that it is out of reach', async () => {
    const store = await openStoreAt(at.place.url);
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
    await expect(store.sessions.findByUid('anybody')).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('waits for what is under way before it closes', async () => {
    const store = await openStoreAt(at.place.url);
    const account = newAccount(store);
    await store.close();
    const { id } = await account;
    await expect(at.store.accounts.find(id)).resolves.toMatchObject({ id });
  });

  it('keeps everything when it is opened again', async () => {
    const store = await openStoreAt(at.place.url);
    const { uid, cookieHash } = await signIn(store);
    const before = await store.sessions.findByCookie(cookieHash, T0);
    await store.close();
    const again = await openStoreAt(at.place.url);
    await expect(again.sessions.findByCookie(cookieHash, T0)).resolves.toEqual(before);
    expect(before?.session.uid).toBe(uid);
    await again.close();
  });

  it('is made once by several that open it at the same time', async () => {
    const place = await make('unmade');
    const stores = await Promise.all(Array.from({ length: 5 }, () => place.open()));
    const [first, ...others] = stores;
    const { id } = await newAccount(first ?? at.store);
    for (const store of others) await expect(store.accounts.find(id)).resolves.toMatchObject({ id });
    await place.remove();
  });
}
