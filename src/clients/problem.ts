/** What is wrong with one field of a client, and what to do about it. Never holds a value: it may be a secret. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  /** The path as people write it: `logout.scope`, `redirect_uris[1]`. */
  readonly field: string;
  /** Follows the field's name: "must be …", "is missing". */
  readonly message: string;
  /** A sentence without full stop: "use https://". */
  readonly fix: string;
}

export function problem(path: readonly PropertyKey[], message: string, fix: string): Problem {
  return { path, field: fieldName(path), message, fix };
}

/** One line for people: where, what, way out. */
export function describeProblem({ field, message, fix }: Problem): string {
  return `${[field, message].filter(Boolean).join(' ')}; ${fix}`;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}
