import { type Problem, problem } from './problem.ts';

const REFERENCE = /\$\{([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces `${NAME}` in every text below `content`. A variable that is missing or empty is a problem, not an empty text. */
export function fillFromEnvironment(
  content: unknown,
  env: Readonly<Record<string, string | undefined>>,
): { readonly content: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const fill = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value === 'string') return value.replace(REFERENCE, (_, name: string) => resolve(name, path));
    if (Array.isArray(value)) return value.map((one, index) => fill(one, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, [...path, key])]));
  };
  const resolve = (name: string, path: readonly PropertyKey[]): string => {
    // A mounted file ends with a newline that nobody meant.
    const value = NAME.test(name) ? env[name]?.replace(/(\r?\n)+$/u, '') : undefined;
    if (value) return value;
    const [message, fix] = NAME.test(name)
      ? [`needs the environment variable ${name}, which is not set`, `set ${name}, or write the value itself`]
      : [
          'has braces after a $ that name no environment variable',
          'use letters, digits and underscores between the braces',
        ];
    problems.push(problem(path, message, fix));
    return '';
  };
  return { content: fill(content, []), problems };
}
