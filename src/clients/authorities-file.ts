import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { certificatesProblem } from '../ops/pem.ts';
import { type Problem, problem } from './problem.ts';

const BYTES_MAX = 128 * 1024;
const FIELD = ['tls_ca'];

/**
 * The certificates of a file beside the client file, as PEM. They go into the store with the client: the process that
 * tells the app may run on another machine.
 */
export function readAuthorities(
  folder: string,
  file: string,
): { readonly pem: string } | { readonly problems: readonly Problem[] } {
  try {
    const path = join(folder, file);
    if (statSync(path).size > BYTES_MAX) return bad('names a file that is too large', 'a few certificates are enough');
    const pem = readFileSync(path, 'utf8');
    const found = certificatesProblem(pem);
    return found === undefined ? { pem } : bad(`names ${file}, which ${found}`, 'it holds the authority of the app');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return bad(`names ${file}, which cannot be read (${code})`, 'put it beside the client file');
  }
}

function bad(message: string, fix: string): { readonly problems: readonly Problem[] } {
  return { problems: [problem(FIELD, message, fix)] };
}
