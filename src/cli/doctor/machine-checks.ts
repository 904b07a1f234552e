/** What can be judged without a store: files, disk, proxy settings. */
import { chmodSync, existsSync, statSync } from 'node:fs';
import type { Config } from '../../config.ts';
import { diskOf, isNearlyFull, megabytes } from '../../ops/disk.ts';
import { type Check, ill, reasonOf, well } from './check.ts';

/** Files that nobody else may read. Windows keeps that in another way. */
export function checkFileModes(config: Config): Check {
  const title = 'Only this user can read the key and the database';
  const open = secretFiles(config).filter(isReadableByOthers);
  if (open.length === 0) return well('files', title);
  return ill('files', title, 'failed', {
    cause: `others on this machine can read ${open.join(' and ')}`,
    fix: `chmod 600 ${open.join(' ')}`,
  });
}

/** Takes others' permissions away. */
export function fixFileModes(config: Config): void {
  for (const path of secretFiles(config).filter(isReadableByOthers)) chmodSync(path, 0o600);
}

function secretFiles({ store, keyFile, key }: Config): readonly string[] {
  const database = store.kind === 'sqlite' ? [store.path, `${store.path}-wal`] : [];
  return [...(key === undefined ? [keyFile] : []), ...database].filter((path) => existsSync(path));
}

function isReadableByOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
}

export async function checkDisk({ store, data }: Config): Promise<Check> {
  const title = 'There is room on the disk';
  if (store.kind !== 'sqlite' || !existsSync(data)) return well('disk', title);
  try {
    const disk = await diskOf(data);
    if (!isNearlyFull(disk)) return well('disk', title);
    const cause = `${megabytes(disk.freeBytes)} of ${megabytes(disk.totalBytes)} are left in ${data}`;
    return ill('disk', title, 'warning', { cause, fix: 'make room, or shorten SIGNOFF_RETENTION' });
  } catch (error) {
    return ill('disk', title, 'failed', {
      cause: reasonOf(error),
      fix: `make the folder ${data}, or set SIGNOFF_DATA`,
    });
  }
}

/** We speak http alone, so an https issuer has a proxy in front. */
export function checkProxy({ issuer, proxy }: Config): Check {
  const title = 'The addresses of browsers are known';
  const isNamed = proxy.length > 0;
  if (issuer.startsWith('http:') || isNamed) return well('proxy', title);
  return ill('proxy', title, 'warning', {
    cause:
      'SIGNOFF_PROXY is off, and something in front ends TLS: everybody seems to come from its address, and shares one limit of failed sign-ins',
    fix: 'set SIGNOFF_PROXY to the network of the proxy, like SIGNOFF_PROXY=127.0.0.1/32',
  });
}
