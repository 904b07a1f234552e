/** Parameters of a query or form: each name once; which came more than once is told, for the caller to judge. */
export interface Parameters {
  /** the first value of each name */
  readonly values: ReadonlyMap<string, string>;
  /** names that came more than once (RFC 6749 §3.1: an error) */
  readonly duplicated: readonly string[];
}

/** Reads `application/x-www-form-urlencoded` text; never makes arrays or objects of it. */
export function parseParameters(text: string): Parameters {
  const values = new Map<string, string>();
  const duplicated = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (values.has(name)) duplicated.add(name);
    else values.set(name, value);
  }
  return { values, duplicated: [...duplicated] };
}
