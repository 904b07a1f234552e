import { describe, expect, it } from '@jest/globals';
import { InvalidInput } from '../../../src/admin/input.ts';
import { boxName, filterBlock, formBlock, readFields } from '../../../src/http/admin-pages/admin-forms.ts';
import type { Field, FieldInput } from '../../../src/http/admin-pages/admin-page-models.ts';

const options = ['a', 'b', 'c'].map((value) => ({ value, label: value.toUpperCase() }));
const field = (input: FieldInput, over: Partial<Field> = {}): Field => ({ name: 'x', label: 'X', input, ...over });
const read = (one: Field, values: Record<string, string>) => readFields([one], new Map(Object.entries(values)));

describe('what a form says', () => {
  it.each<[FieldInput, string, unknown]>([
    ['text', '  hi ', 'hi'],
    ['area', ' {} ', '{}'],
    ['password', ' hi ', ' hi '],
    ['number', ' 42 ', 42],
    ['number', '4e2', '4e2'],
    ['number', 'many', 'many'],
    ['lines', 'one\r\n\r\n two \nthree', ['one', 'two', 'three']],
    ['select', 'b', 'b'],
    ['radio', 'anything', 'anything'],
    ['check', 'yes', true],
    ['check', 'on', false],
  ])('%s %j is %j', (input, sent, expected) => {
    expect(read(field(input), { x: sent })).toEqual({ x: expected });
  });

  it.each<[FieldInput, object]>([
    ['text', {}],
    ['password', {}],
    ['number', {}],
    ['lines', {}],
    ['select', {}],
    ['check', { x: false }],
    ['checks', { x: [] }],
  ])('an empty %s is %j', (input, expected) => {
    expect(read(field(input, { options }), { x: '' })).toEqual(expected);
    expect(read(field(input, { options }), {})).toEqual(expected);
  });

  it('any number of boxes, and none that was not offered', () => {
    const boxes = field('checks', { options });
    const values = { [boxName(boxes, 'a')]: 'yes', [boxName(boxes, 'c')]: 'yes', [boxName(boxes, 'z')]: 'yes' };
    expect(read(boxes, values)).toEqual({ x: ['a', 'c'] });
  });
});

describe('a form again', () => {
  const fields = [
    field('text', { name: 'logout.scope', label: 'Scope', value: 'preset' }),
    field('lines', { name: 'uris', label: 'Addresses' }),
    field('password', { name: 'new_password', label: 'Password' }),
    field('checks', { name: 'boxes', label: 'Boxes', options, value: 'a\nb' }),
  ];
  const draft = { action: '/admin/x', fields, button: 'Go' };
  const values = new Map([
    ['logout.scope', 'typed'],
    ['new_password', 'secret'],
    ['boxes:c', 'yes'],
  ]);

  it('has the words beside their fields, and above all those of no field', () => {
    const invalid = new InvalidInput([
      { field: 'uris.1', message: 'must be https.' },
      { field: 'logout.scope', message: 'must be one.' },
      { field: 'logout', message: 'is odd.' },
      { field: '', message: 'Say which.' },
    ]);
    const shown = formBlock(draft, { values, invalid });
    expect(shown.problems).toEqual([
      { words: 'logout is odd.' },
      { words: 'Say which.' },
      { words: 'Scope must be one.', fieldId: 'field-logout-scope' },
      { words: 'Addresses in line 2 must be https.', fieldId: 'field-uris' },
    ]);
    expect(shown.fields.map(({ problems }) => problems)).toEqual([
      ['must be one.'],
      ['in line 2 must be https.'],
      [],
      [],
    ]);
  });

  it('keeps what was typed and ticked, but no password', () => {
    const shown = formBlock(draft, { values, invalid: new InvalidInput([]) });
    expect(shown.fields.map(({ value }) => value).slice(0, 3)).toEqual(['typed', '', '']);
    expect(shown.fields[3]?.chosen).toEqual(['c']);
    expect(JSON.stringify(shown)).not.toContain('secret');
  });

  it('is preset the first time', () => {
    const shown = formBlock(draft);
    expect([shown.fields[0]?.value, shown.fields[3]?.chosen, shown.problems]).toEqual(['preset', ['a', 'b'], []]);
  });
});

describe('a filter', () => {
  const draft = { action: '/admin/x', button: 'Show', fields: [field('text')] };

  it('shows all again only where it leaves something out', () => {
    expect(filterBlock(draft, { x: undefined }).clear).toBeUndefined();
    const filtered = filterBlock(draft, { x: 'wiki', after: 'z' });
    expect([filtered.fields[0]?.value, filtered.clear?.href]).toEqual(['wiki', '/admin/x']);
  });
});
