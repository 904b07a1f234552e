import { availableParallelism } from 'node:os';

/** What is left beside a password hash on each core: signatures, files, names. */
const SPARE = 4;

/**
 * libuv's pool has four threads unless this is said before its first job; four hashes on four cores then leave none for
 * the signature of an ID token. Import it first. Whoever sets `UV_THREADPOOL_SIZE` knows better.
 */
process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism() + SPARE);
