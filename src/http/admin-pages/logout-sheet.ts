/** What the page of one logout says. */

import { OF_EVERYBODY } from '../../admin/end-target.ts';
import type { LogoutJson } from '../../admin/logout-json.ts';
import { pauseWalk, resumeWalk } from '../../admin/logouts.ts';
import { filterBlock, formBlock, type Sent } from './admin-forms.ts';
import type { Visit } from './admin-frame.ts';
import type { Block, Cell, Fact, Field, Live, Sheet, TableRow } from './admin-page-models.ts';
import { addressOf, beside, button, code, counted, heading, link, pathTo, soft, table, text, time } from './cells.ts';
import { accountCell, appCell } from './place-cells.ts';
import { spanOf } from './preview-points.ts';
import { REASON } from './reason-field.ts';
import { actorCell, answerCell, type DeliveryRow, reasonWords, stateChip, targetWords } from './telling-words.ts';

type App = LogoutJson['apps'][number];

/** Rows of apps; of more, those that are not told come first and the rest is in the list of deliveries. */
const APPS_SHOWN = 100;

export const PACE: Field = {
  name: 'rate',
  label: 'Sessions a second',
  input: 'number',
  hint: 'Empty: as before. Slow enough for those who sign in again meanwhile.',
};

const ABOUT: readonly Field[] = [{ name: 'app', label: 'Why was this app (not) told?', input: 'text' }];

export interface LogoutFacts {
  readonly logout: LogoutJson;
  /** Its newest deliveries. */
  readonly deliveries: readonly DeliveryRow[];
  /** Those are all that it has. */
  readonly isWhole: boolean;
}

export function logoutSheet(
  facts: LogoutFacts,
  visit: Visit,
  { said, sent }: { readonly said: readonly Block[]; readonly sent: Sent | undefined },
): Sheet {
  const { logout } = facts;
  const path = pathTo('logouts', logout.logout_id);
  return {
    headline: targetWords(logout.target),
    above: { text: 'Logouts', href: pathTo('logouts') },
    live: liveOf(facts, visit, said),
    blocks: [
      ...steering(logout, visit, sent),
      heading('What it was'),
      { kind: 'facts', rows: factsOf(logout, visit) },
      filterBlock({ action: path, fields: ABOUT, button: 'Explain' }, { app: visit.query('app') }),
      {
        kind: 'links',
        links: [
          { text: 'Its deliveries', href: addressOf(pathTo('deliveries'), { logout: logout.logout_id }) },
          { text: 'Download the report', href: `${path}/report.json` },
          { text: 'Download who was not told', href: `${path}/untold.jsonl` },
          ...(logout.state === 'settled' ? [] : [{ text: 'Look again', href: path }]),
        ],
      },
    ],
  };
}

function liveOf(facts: LogoutFacts, visit: Visit, said: readonly Block[]): Live {
  const { logout } = facts;
  const { state, progress } = logout;
  return {
    events: `${pathTo('logouts', logout.logout_id)}/events`,
    state: progress.walking ? (progress.paused ? 'paused' : 'walking') : state,
    summary: summaryOf(logout),
    over: state === 'settled',
    blocks: [
      ...said,
      ...(progress.walking ? [{ kind: 'words', cell: text(walkWords(logout)) } as const] : []),
      ...tellingBlocks(logout),
      heading('Apps'),
      appTable(facts, visit),
    ],
  };
}

function summaryOf({ state, counts, progress }: LogoutJson): string {
  if (progress.paused) return 'Paused. All of it is dead already; the apps hear of the rest when it goes on.';
  if (progress.walking) return 'All of it is dead already. The apps are being told, session after session.';
  if (state === 'trying') return 'All of it has ended. Some apps do not know yet, and are tried again.';
  if (counts.refused > 0 || counts.given_up > 0) return 'Over, but not every app was told.';
  if (counts.cannot_be_told > 0) return 'Over. Every app that can be told was told; some cannot be.';
  return counts.told > 0 ? 'Over. Every app was told.' : 'Over. No app had to be told.';
}

/** How far the walk is, how fast it goes, and how long it still takes. */
function walkWords({ progress }: LogoutJson): string {
  const { sessions_ended: ended, sessions_left: left, rate, paused } = progress;
  const soFar = `${counted(ended, 'session')} ended`;
  if (paused || left === null || rate === null) return `${soFar}.`;
  return `${soFar}, ${rate} a second; at most ${left} are left, for about ${spanOf(Math.ceil(left / rate))}.`;
}

function tellingBlocks({ progress }: LogoutJson): readonly Block[] {
  const { told, trying, refused, given_up: givenUp, deliveries } = progress;
  const all = told + trying + refused + givenUp;
  if (deliveries === 0) return [];
  return [
    { kind: 'progress', label: `${told} of ${counted(all, 'sign-in')} told`, done: told, all: Math.max(1, all) },
    { kind: 'words', cell: beside(...countCells(progress)) },
  ];
}

function countCells(progress: LogoutJson['progress']): readonly Cell[] {
  const states = ['told', 'trying', 'refused', 'given_up', 'moot', 'cannot_be_told', 'asked_browser', 'not_asked_for'];
  return Object.entries(progress)
    .filter(([name, count]) => states.includes(name) && typeof count === 'number' && count > 0)
    .flatMap(([name, count]) => [beside(stateChip(name), text(String(count)))]);
}

const WORST_FIRST = ['refused', 'given-up', 'trying', 'cannot-be-told'];

function appTable({ logout, deliveries, isWhole }: LogoutFacts, visit: Visit) {
  const rank = ({ state }: App) => (WORST_FIRST.indexOf(state) + WORST_FIRST.length + 1) % (WORST_FIRST.length + 1);
  const apps = logout.apps.toSorted((one, other) => rank(one) - rank(other)).slice(0, APPS_SHOWN);
  const rowOf = (app: App) => {
    const own = isWhole ? deliveries.filter(({ client_id: id }) => id === app.client_id) : [];
    return appRow(app, logout.logout_id, own, visit);
  };
  const hidden = logout.apps.length - apps.length;
  const columns = ['App', 'State', 'Sign-ins', 'Last answer', 'Next try', 'Why'];
  const caption = hidden > 0 ? `Apps; ${hidden} more are in the list of deliveries` : 'Apps';
  return table(caption, columns, apps.map(rowOf), 'No app was in it.');
}

function appRow(app: App, logout: string, own: readonly DeliveryRow[], visit: Visit): TableRow {
  const [only] = own;
  const worst = own.find(({ state }) => state === app.state.replaceAll('_', '-'));
  const tries = own.flatMap(({ next_attempt_at: at }) => (at === null ? [] : [at])).toSorted();
  const href =
    own.length === 1 && only
      ? pathTo('deliveries', only.id)
      : addressOf(pathTo('deliveries'), { logout, client: app.client_id });
  return {
    cells: [
      appCell(app.client_id, visit),
      stateChip(app.state),
      text(String(app.sessions)),
      answerCell({ ...app, last_error: worst?.last_error ?? null }),
      tries[0] === undefined ? soft('–') : time(tries[0]),
      link(own.length === 1 ? 'Why' : 'Its deliveries', href),
    ],
  };
}

function factsOf(logout: LogoutJson, visit: Visit): readonly Fact[] {
  const { account_id: account, target } = logout;
  return [
    { label: 'Why', cell: text(reasonWords(logout.reason)) },
    { label: 'When', cell: time(logout.at) },
    { label: 'By', cell: actorCell(logout.actor, visit) },
    { label: 'Account', cell: account === null ? soft('–') : accountCell(account, visit) },
    { label: 'Sessions ended', cell: text(String(logout.progress.sessions_ended)) },
    ...(target['session'] === undefined ? [] : [{ label: 'Session', cell: code(target['session']) }]),
    ...(target['keep'] === undefined ? [] : [{ label: 'Kept', cell: code(target['keep']) }]),
    { label: 'Id', cell: code(logout.logout_id) },
  ];
}

function steering({ logout_id: id, target, progress }: LogoutJson, visit: Visit, sent?: Sent): readonly Block[] {
  const may = target['kind'] === 'everybody' ? visit.may(OF_EVERYBODY) : visit.may(pauseWalk) && visit.may(resumeWalk);
  if (!progress.walking || !may) return [];
  const resume = pathTo('logouts', id, 'resume');
  const pace = { action: resume, fields: [PACE, REASON], button: 'Go on at this pace', folded: 'Another pace' };
  const now = progress.paused ? button('Go on', resume) : button('Pause', pathTo('logouts', id, 'pause'));
  return [{ kind: 'buttons', buttons: [now] }, formBlock(pace, sent)];
}
