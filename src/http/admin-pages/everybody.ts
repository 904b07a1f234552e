import { OF_EVERYBODY } from '../../admin/end-target.ts';
import type { LogoutJson } from '../../admin/logout-json.ts';
import { endSessions, listLogouts, previewLogout } from '../../admin/logouts.ts';
import { permit, type UseCase } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import { iso } from '../../ops/clock.ts';
import { randomId } from '../../ops/ids.ts';
import { answerOnce } from '../first-answers.ts';
import { personOf } from '../own-pages/signed-in.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Field, Sheet } from './admin-page-models.ts';
import { calm, heading, pathTo, words } from './cells.ts';
import { type LogoutRow, logoutTable } from './logouts.ts';
import { previewPoints } from './preview-points.ts';
import { REASON } from './reason-field.ts';

const EVERYBODY = pathTo('everybody');

const KEEP: Field = {
  name: 'keep',
  label: 'Keep this session of mine',
  input: 'check',
  value: 'yes',
  hint: 'Without it you sign in again, like everybody.',
};
const RATE: Field = {
  name: 'rate',
  label: 'Sessions a second',
  input: 'number',
  hint: 'Empty: 300, slow enough for those who sign in again meanwhile. All of it is dead at once, whatever the pace.',
};
const FIELDS: readonly Field[] = [KEEP, RATE, REASON];

/** `/admin/everybody`: numbers, the word, and a walk that is watched on the page of its logout. For owners. */
export function mountEverybody(frame: AdminFrame): void {
  frame.get(EVERYBODY, (visit) => everybodySheet(visit));
  frame.post(EVERYBODY, begin, everybodySheet);
}

async function everybodySheet(visit: Visit, sent?: Sent): Promise<Sheet> {
  permit(visit.who, OF_EVERYBODY);
  const { items } = await visit.perform(listLogouts, { state: 'walking' });
  const form = { action: EVERYBODY, fields: FIELDS, button: 'Count first', hidden: marks() };
  return {
    headline: 'Everybody',
    blocks: [
      words('Ends every session of everybody, and tells every app. From one instant on nothing old works any more.'),
      heading('Under way'),
      logoutTable(items.filter(isOfEverybody), visit, 'Nobody is signing everybody off just now.'),
      heading('Sign everybody off'),
      formBlock(form, sent),
    ],
  };
}

/** When the page was made, and a name for what is sent from it, so that two clicks are one end. */
function marks() {
  return [
    { name: 'seen', value: iso(Date.now()) },
    { name: 'once', value: randomId() },
  ];
}

function isOfEverybody({ target }: LogoutRow): boolean {
  return target === 'everybody';
}

async function begin(visit: WriteVisit): Promise<Answer> {
  permit(visit.who, OF_EVERYBODY);
  const { keep, ...rest } = readFields(FIELDS, visit.values);
  const input = { everybody: true, ...rest, ...(keep === true && { keep: personOf(visit.ctx).browser.session.uid }) };
  const { reason: _, ...target } = input as typeof input & { readonly reason?: string };
  try {
    const ended = await visit.write({
      useCase: endOnce(visit),
      input,
      backHref: EVERYBODY,
      word: 'everybody',
      async confirm() {
        await assertFirst(visit);
        const numbers = previewPoints(await visit.perform(previewLogout, target));
        return { headline: 'Sign everybody off?', blocks: [numbers], button: 'Sign everybody off' };
      },
    });
    return ended && { to: pathTo('logouts', ended.logout_id) };
  } catch (error) {
    if (error instanceof NotFirst) return error.sheet;
    if (error instanceof AppError && error.code === 'in_progress') return pressedTwice();
    throw error;
  }
}

/** The first of two clicks is at it, and has no logout to show yet. */
function pressedTwice(): Sheet {
  return {
    headline: 'Everybody',
    blocks: [
      calm('The button was pressed twice. The first time it began, and this time nothing more was done.'),
      { kind: 'links', links: [{ text: 'See how far it is', href: EVERYBODY }] },
    ],
  };
}

/** Once for each page that was shown, however often its button is pressed. */
function endOnce(visit: WriteVisit): UseCase<typeof endSessions.input, typeof endSessions.output> {
  const key = visit.values.get('once') ?? '';
  return {
    ...endSessions,
    async run(admin, who, input) {
      const request = { who, key, content: JSON.stringify(['everybody', input]) };
      const { body } = await answerOnce(admin, request, async () => {
        await assertFirst(visit);
        const logout = await endSessions.run(admin, who, input);
        return { status: 201, location: undefined, etag: undefined, body: JSON.stringify(logout) };
      });
      return JSON.parse(body) as LogoutJson;
    },
  };
}

/** Logouts that are looked through, at 200 a page; a form that lay open for longer is filled in anew. */
const PAGES_MAX = 20;

/** Throws `NotFirst`. */
async function assertFirst(visit: WriteVisit): Promise<void> {
  const since = visit.values.get('seen');
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await visit.perform(listLogouts, { since, limit: 200, after });
    const other = page.items.find(isOfEverybody);
    if (other) throw new NotFirst([logoutTable([other], visit, '')]);
    if (page.next === null) return;
    after = page.next;
  }
  throw new NotFirst([]);
}

/** Another tab, or owner, did it after this page was made, and nobody means it twice; or the page is too old to say. */
class NotFirst extends AppError {
  readonly sheet: Sheet;

  constructor(others: readonly Block[]) {
    const done = 'Everybody was signed off after this page was made. Nothing more was done.';
    const publicMessage = others.length > 0 ? done : 'This page is too old. Nothing was done.';
    super({ code: 'not_first', status: 409, publicMessage });
    const links = [{ text: 'Start anew', href: EVERYBODY }];
    const blocks = [calm(publicMessage), ...others, { kind: 'links', links } as const];
    this.sheet = { headline: 'Everybody', blocks, status: 409 };
  }
}
