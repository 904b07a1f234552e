import type { z } from 'zod';
import type { previewLogout } from '../../admin/logouts.ts';
import type { Block } from './admin-page-models.ts';
import { counted, text } from './cells.ts';

/** Names that are read; the rest is a number. */
const NAMED_MAX = 10;

/** What an end would reach, as points of the page that asks. */
export function previewPoints({
  sessions,
  participations,
  apps,
  estimated_seconds: seconds,
}: z.output<typeof previewLogout.output>): Block {
  const untold = apps.filter((app) => !app.can_be_told).map((app) => app.client_id);
  const points = [
    `${counted(sessions, 'session')} end${sessions === 1 ? 's' : ''}, with ${counted(participations, 'sign-in')} at ${counted(apps.length, 'app')}.`,
    ...(untold.length > 0 ? [`Cannot be told, and may keep people signed in: ${named(untold)}.`] : []),
    ...(seconds > 1 ? [`Telling the apps takes about ${spanOf(seconds)}.`] : []),
    'This cannot be undone.',
  ];
  return { kind: 'points', cells: points.map(text) };
}

function named(ids: readonly string[]): string {
  const shown = ids.slice(0, NAMED_MAX).join(', ');
  return ids.length > NAMED_MAX ? `${shown} and ${ids.length - NAMED_MAX} more` : shown;
}

/** As people say it. */
export function spanOf(seconds: number): string {
  return seconds < 120 ? counted(seconds, 'second') : counted(Math.ceil(seconds / 60), 'minute');
}
