import { parseArgs } from 'node:util';
import { STORE_NAMES, type StoreName } from './bench-stores.ts';

export interface BenchOptions {
  /** What is to be measured; none: all that is quick. */
  readonly names: readonly string[];
  readonly quick: boolean;
  readonly size: number | undefined;
  readonly store: StoreName | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  size: { type: 'string' },
  store: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** What was asked for, or what is wrong with it. `known`: names of benchmarks. */
export function readOptions(
  args: readonly string[],
  known: readonly string[],
): BenchOptions | { readonly fault: string } {
  const parsed = parse(args);
  if ('fault' in parsed) return parsed;
  const { values, positionals: names } = parsed;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return { fault: `There is no benchmark named ${unknown}.` };
  const size = values.size === undefined ? undefined : Number(values.size);
  if (size !== undefined && !(Number.isSafeInteger(size) && size > 0))
    return { fault: '--size is a whole number above 0.' };
  const store = STORE_NAMES.find((name) => name.toLowerCase() === values.store?.toLowerCase());
  if (values.store !== undefined && !store) return { fault: `--store is ${STORE_NAMES.join(' or ')}.` };
  return { ...values, names, size, store };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code?.startsWith('ERR_PARSE_ARGS')) return { fault: message };
    throw error;
  }
}
