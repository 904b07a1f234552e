import { type Problem, problem } from './problem.ts';

const REFERENCE = /\$\{([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Settings of ours: what a client file says is shown to people and sent to browsers, and one of them is the master key. */
const OURS = /^SIGNOFF_/i;

/**
 * Replaces `${NAME}` in every text below `content`. A variable that is missing or empty is a problem, not an empty text; so
 * is one of our own settings.
 */
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
    const value = NAME.test(name) && !OURS.test(name) ? env[name]?.replace(/(\r?\n)+$/u, '') : undefined;
    if (value) return value;
    problems.push(problem(path, ...faultOf(name)));
    return '';
  };
  return { content: fill(content, []), problems };
}

function faultOf(name: string): [message: string, fix: string] {
  if (!NAME.test(name)) {
    return [
      'has braces after a $ that name no environment variable',
      'use letters, digits and underscores between the braces',
    ];
  }
  return OURS.test(name)
    ? [`asks for ${name}, a setting of Signoff itself`, 'give the app a variable of its own, like WIKI_SECRET']
    : [`needs the environment variable ${name}, which is not set`, `set ${name}, or write the value itself`];
}
