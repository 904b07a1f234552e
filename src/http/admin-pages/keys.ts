import type { z } from 'zod';
import { type keyRow, listKeys, retireKey, rotateKeys } from '../../admin/keys.ts';
import { formBlock, readFields } from './admin-forms.ts';
import type { AdminFrame, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Field, Sheet, TableRow, Tone } from './admin-page-models.ts';
import { button, chip, code, counted, heading, pathTo, soft, table, text, time, words } from './cells.ts';
import { saidBy } from './done-notice.ts';
import { REASON } from './reason-field.ts';

type Key = z.output<typeof keyRow>;

const KEYS = pathTo('keys');
const ROTATE = pathTo('keys', 'rotate');
const RETIRE = pathTo('keys', 'retire');

const DONE = { rotated: 'There are new keys.', retired: 'The key is retired.' };

const ROTATION: readonly Field[] = [
  { name: 'leaked', label: 'An old key has leaked', input: 'check' },
  { name: 'cookies', label: 'The key that signs browser cookies instead', input: 'check' },
];

/** `/admin/keys`: the keys that sign tokens. */
export function mountKeys(frame: AdminFrame): void {
  frame.get(KEYS, keysSheet);
  frame.post(ROTATE, rotate);
  frame.post(RETIRE, retire);
}

async function keysSheet(visit: Visit): Promise<Sheet> {
  const { items } = await visit.perform(listKeys, {});
  const columns = ['Key', 'Algorithm', 'State', 'Made', 'Signs from', 'Retired'];
  return {
    headline: 'Keys',
    blocks: [
      ...saidBy(visit, DONE),
      table(
        'Signing keys',
        columns,
        items.map((key) => rowOf(key, visit)),
      ),
      ...(visit.may(rotateKeys) ? rotationForm() : []),
    ],
  };
}

const STATES: Readonly<Record<Key['state'], { readonly tone: Tone; readonly words: string }>> = {
  next: { tone: 'trying', words: 'Next' },
  signing: { tone: 'told', words: 'Signing' },
  published: { tone: 'moot', words: 'Published' },
  retired: { tone: 'cannot-be-told', words: 'Retired' },
  leaked: { tone: 'refused', words: 'Leaked' },
};

function rowOf(key: Key, visit: Visit): TableRow {
  const { tone, words: said } = STATES[key.state];
  const canGo = visit.may(retireKey) && key.retired_at === null;
  const retireButton = button('Retire', RETIRE, { fields: { kid: key.kid }, unseen: key.kid });
  return {
    cells: [
      code(key.kid),
      text(key.alg),
      chip(tone, said),
      time(key.created_at),
      time(key.signs_from),
      key.retired_at === null ? soft('–') : time(key.retired_at),
    ],
    ...(canGo && { buttons: [retireButton] }),
  };
}

function rotationForm(): readonly Block[] {
  return [
    heading('New keys'),
    words(rotateKeys.summary),
    formBlock({ action: ROTATE, fields: ROTATION, button: 'Make new keys' }),
  ];
}

async function rotate(visit: WriteVisit) {
  const wish = readFields([...ROTATION, REASON], visit.values);
  const done = await visit.write({
    useCase: rotateKeys,
    input: wish,
    backHref: KEYS,
    confirm: async () => ({
      headline: 'Make new keys?',
      blocks: [{ kind: 'points', cells: (await consequences(visit, wish)).map(text) }],
      button: 'Make new keys',
      fields: [REASON],
    }),
  });
  return done && { to: `${KEYS}?done=rotated` };
}

async function consequences(
  visit: Visit,
  { leaked, cookies }: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
  if (cookies) {
    return [
      leaked
        ? 'Every browser signs in again, this one too.'
        : 'Browsers stay signed in; their cookies are signed anew as they come.',
    ];
  }
  const { items } = await visit.perform(listKeys, {});
  const there = items.filter(({ retired_at: retiredAt }) => retiredAt === null).length;
  return leaked
    ? [
        `${counted(there, 'key')} leave the published set at once, and nothing that they signed is believed any more.`,
        'The new keys sign at once. Apps that still hold the old set refuse tokens until they fetch the new one.',
      ]
    : [
        'The new keys are published at once and sign after 10 minutes.',
        `${counted(there, 'key')} of now stay published.`,
      ];
}

async function retire(visit: WriteVisit) {
  const kid = visit.values.get('kid') ?? '';
  const done = await visit.write({
    useCase: retireKey,
    input: { kid, ...readFields([REASON], visit.values) },
    backHref: KEYS,
    confirm: async () => ({
      headline: `Retire the key ${kid}?`,
      blocks: [
        words(
          'It leaves the published set for good, and its private half is forgotten. Tokens that it signed are refused by apps; as a hint of who signs off they are still believed.',
        ),
      ],
      button: 'Retire it',
      fields: [REASON],
    }),
  });
  return done && { to: `${KEYS}?done=retired` };
}
