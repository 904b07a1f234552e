import { isSection } from '../../admin/input.ts';
import type { Field } from './admin-page-models.ts';

/** What is known of a person, as JSON: any claim that this service knows. */
export const CLAIMS: Field = {
  name: 'claims',
  label: 'Claims',
  input: 'area',
  hint: 'As JSON, like {"name": "Mira Holm", "email": "mira@example.com"}.',
};

/** The change that makes `before` into what was typed: what is not there any more is taken away. */
export function changeOf(before: Readonly<Record<string, unknown>>, typed: unknown): unknown {
  if (!isSection(typed)) return typed;
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(typed, name));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...typed };
}
