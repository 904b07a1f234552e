/** Forms of operators: what fields say as a use case's input, and the form again with what is wrong beside each field. */
import type { InputProblem, InvalidInput } from '../../admin/input.ts';
import type { HiddenField } from '../page-models.ts';
import type { Field, FilterBlock, FormBlock, Problem, ShownField } from './admin-page-models.ts';

/** A form as a page first shows it. */
export interface FormDraft {
  readonly action: string;
  readonly fields: readonly Field[];
  readonly button: string;
  readonly hidden?: readonly HiddenField[];
  /** What it does cannot be undone. */
  readonly drastic?: boolean;
  readonly backHref?: string;
  /** What it is for, where it stays out of the way until it is wanted, or something in it is wrong. */
  readonly folded?: string;
}

/** A form that was sent, and what the use case said to it. */
export interface Sent {
  readonly values: ReadonlyMap<string, string>;
  readonly invalid: InvalidInput;
}

/** `sent`: the form again, as it was filled in; passwords are typed again. */
export function formBlock({ hidden = [], drastic = false, ...draft }: FormDraft, sent?: Sent): FormBlock {
  const errors = sent?.invalid.errors ?? [];
  const fields = draft.fields.map((field) => shownField(field, sent?.values, errors.filter(isAbout(field))));
  const ofFields = fields.flatMap(({ id, label, problems }) =>
    problems.map((said) => ({ words: `${label} ${said}`, fieldId: id })),
  );
  const others = errors.filter((error) => !draft.fields.some((field) => isAbout(field)(error)));
  const ofAll: Problem[] = others.map(({ field, message }) => ({
    words: field === '' ? message : `${field} ${message}`,
  }));
  return { kind: 'form', ...draft, hidden, drastic, fields, problems: [...ofAll, ...ofFields] };
}

/** A form by GET, filled in with what the address says. */
export function filterBlock(
  draft: Pick<FilterBlock, 'action' | 'button'> & { readonly fields: readonly Field[] },
  query: Readonly<Record<string, string | undefined>>,
): FilterBlock {
  const said = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  const fields = draft.fields.map((field) => shownField(field, new Map(said), []));
  const isFiltered = draft.fields.some(({ name }) => said.some(([each]) => each === name));
  return { kind: 'filter', ...draft, fields, ...(isFiltered && { clear: { text: 'Show all', href: draft.action } }) };
}

/**
 * What a form says, as the input of a use case: an empty field says nothing, a box yes or no. It judges nothing: that is
 * the use case's.
 */
export function readFields(
  fields: readonly Field[],
  values: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  const said = fields.map((field) => [field.name, readField(field, values)] as const);
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

function readField(field: Field, values: ReadonlyMap<string, string>): unknown {
  const sent = values.get(field.name) ?? '';
  switch (field.input) {
    case 'check':
      return sent === 'yes';
    case 'checks':
      return chosenIn(field, values);
    case 'lines':
      return linesOf(sent);
    case 'number':
      return /^\s*-?\d+\s*$/.test(sent) ? Number(sent) : sent.trim() || undefined;
    case 'password':
      return sent === '' ? undefined : sent;
    default:
      return sent.trim() === '' ? undefined : sent.trim();
  }
}

/** Browsers send lines with CRLF. */
function linesOf(sent: string): readonly string[] | undefined {
  const lines = sent.split(/\r?\n/).map((line) => line.trim());
  const said = lines.filter((line) => line !== '');
  return said.length === 0 ? undefined : said;
}

/** Each box of `checks` has a name of its own: of a name that comes twice a form here has only the first. */
export function boxName({ name }: Pick<Field, 'name'>, option: string): string {
  return `${name}:${option}`;
}

function chosenIn(field: Field, values: ReadonlyMap<string, string>): readonly string[] {
  return (field.options ?? []).map(({ value }) => value).filter((value) => values.get(boxName(field, value)) === 'yes');
}

function isAbout({ name }: Field) {
  return ({ field }: { readonly field: string }) =>
    field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`);
}

function shownField(
  field: Field,
  values: ReadonlyMap<string, string> | undefined,
  errors: readonly InputProblem[],
): ShownField {
  const again = values && field.input !== 'password' ? values.get(field.name) : undefined;
  const value = values ? (again ?? '') : (field.value ?? '');
  const chosen = values && field.input === 'checks' ? chosenIn(field, values) : value.split('\n');
  return {
    ...field,
    id: `field-${field.name.replaceAll(/[^\w-]/g, '-')}`,
    value,
    chosen,
    problems: errors.map(wordsIn(field)),
  };
}

/** Of `lines`, `redirect_uris[1]` is the second. */
function wordsIn({ name, input }: Field) {
  return ({ field, message }: InputProblem): string => {
    const [, index] = /^[[.](\d+)\]?$/.exec(field.slice(name.length)) ?? [];
    return input === 'lines' && index !== undefined ? `in line ${Number(index) + 1} ${message}` : message;
  };
}
