import { expect, it } from '@jest/globals';
import { openMongoStore } from '../../src/store/mongo/open.ts';

const open = (url: string) => openMongoStore({ url, create: false });

it.each([
  'mongodb://app:s3cr3t/half@127.0.0.1:1/signoff?replicaSet=rs0',
  'mongodb://app:s3cr3t%zz@127.0.0.1:1/signoff?replicaSet=rs0',
  'mongodb://app:s3c@r3t@127.0.0.1:1/signoff?replicaSet=rs0',
  'mongodb://app:s3cr3t@127.0.0.1:1/signoff?foo=1',
])('an address that cannot be read is a wrong setting, and its password stays secret: %s', async (url) => {
  const error = await open(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'store_url_invalid', cause: undefined });
  expect(String((error as Error).stack)).not.toMatch(/s3c|r3t/);
});

it('a name that DNS does not know is a store out of reach', async () => {
  await expect(open('mongodb+srv://cluster.nowhere.invalid/signoff')).rejects.toMatchObject({
    code: 'store_unavailable',
  });
});
