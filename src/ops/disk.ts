import { statfs } from 'node:fs/promises';

/** Bytes of the file system that a path is on. */
export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const MB = 1024 * 1024;
/** Less than this is little on any disk: SQLite's log alone may need it while a crowd is ended. */
const LITTLE_BYTES = 512 * MB;
/** Of a large disk 5 % is plenty. */
const PLENTY_BYTES = 20 * 1024 * MB;

/** What is left for us (not for root alone). */
export async function diskOf(path: string): Promise<Disk> {
  const { bsize, bavail, blocks } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export function isNearlyFull({ freeBytes, totalBytes }: Disk): boolean {
  return freeBytes < LITTLE_BYTES || (freeBytes < totalBytes / 20 && freeBytes < PLENTY_BYTES);
}

/** `812 MB` */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / MB)} MB`;
}
