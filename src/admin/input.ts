import { z } from 'zod';
import { AppError } from '../errors.ts';
import { suggestion } from '../ops/did-you-mean.ts';
import { parseDuration } from '../ops/duration.ts';

/** What is wrong with one member of a body or a query. */
export interface InputProblem {
  /** As people write it: `logout.scope`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

/** Input that cannot be read: all that is wrong, at once. */
export class InvalidInput extends AppError {
  readonly errors: readonly InputProblem[];

  constructor(errors: readonly InputProblem[]) {
    const told = errors.map(({ field, message }) => [field, message].filter(Boolean).join(' '));
    super({ code: 'invalid', status: 422, publicMessage: told.join('\n') });
    this.errors = errors;
  }
}

export function readInput<In extends z.ZodType>(schema: In, input: unknown): z.output<In> {
  const read = schema.safeParse(input, { reportInput: true });
  if (read.success) return read.data;
  throw new InvalidInput(read.error.issues.flatMap((issue) => problemsOf(issue, schema)));
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType): readonly InputProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.join('.'), message: wordsOf(issue) }];
  return issue.keys.map((key) => ({
    field: [...issue.path, key].join('.'),
    message: `is not known here.${suggestion(key, issue.path.length === 0 ? membersOf(schema) : [])}`,
  }));
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing.';
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected === 'record' ? 'a JSON object' : issue.expected}.`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}.`;
  if (issue.code === 'too_big') return `is too large: at most ${issue.maximum}.`;
  if (issue.code === 'too_small') return `is too small: at least ${issue.minimum}.`;
  return issue.message;
}

function membersOf(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

// Members that several use cases have.

/** An id or a name that somebody typed; never more than an id can be long. */
export const idText = z.string().min(1, 'is empty.').max(512);

/** Why it is done, in an operator's own words; kept in the audit. */
export const reasonText = z.string().max(500).optional().describe('Why, in your own words; kept in the audit.');

/** ISO 8601, in and out. */
export const instant = z.iso.datetime({ offset: true, error: 'must be an instant like 2026-11-21T10:00:00Z.' });

/** An instant as milliseconds. */
export const since = instant.transform((text) => Date.parse(text));

/** `15m` as milliseconds. */
export const durationText = z
  .string()
  .max(20)
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration like 10s or 2m.');

export function msOf(text: string): number {
  return parseDuration(text) ?? 0;
}

/** Which part of a list. */
export const pageMembers = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most so many, 1 to 200.'),
  after: idText.optional().describe('`next` of the page before.'),
};

/** A page of a list. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), next: z.string().nullable() });
}

/** `next` names the last one where there may be more. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  idOf: (item: T) => string,
): { items: T[]; next: string | null } {
  const last = items.length === limit ? items.at(-1) : undefined;
  return { items: [...items], next: last === undefined ? null : idOf(last) };
}

/** Whether it has members, as the input of a use case has. */
export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
