/**
 * Ids are random base64url, so one in 64 begins with a dash and would be taken for an option. They are marked before the
 * command line is read and unmarked before a command sees them: an id is used as it was printed.
 */
const MARK = '\u0001';
/** Long enough to be an id, and not the name of an option. */
const DASHED_ID = /^(?!--[a-z-]+$)-[A-Za-z0-9_-]{15,}$/;

export function markIds(args: readonly string[]): readonly string[] {
  return args.map((arg) => (DASHED_ID.test(arg) ? MARK + arg : arg));
}

/** Of operands, and of the values of options. */
export function unmarkIds<T>(value: T): T {
  if (typeof value === 'string') return (value.startsWith(MARK) ? value.slice(MARK.length) : value) as T;
  if (Array.isArray(value)) return value.map(unmarkIds) as T;
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unmarkIds(one)])) as T;
}

/** Options are; the command that commander hands over last is not. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
