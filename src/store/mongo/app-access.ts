import { isCurrent } from '../../sessions/session.ts';
import { accessOf, GRANTS_LOOKED_AT } from '../app-access.ts';
import type { AppAccess } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { cutOffsToday, isCutOff, withCutOffs } from './cut-offs.ts';
import type { ArtifactDoc } from './documents.ts';
import type { CutOffDoc } from './session-documents.ts';
import { generationToday } from './standing.ts';

interface FoundGrant extends ArtifactDoc {
  readonly cutOffs: readonly CutOffDoc[];
  readonly tokens: readonly { readonly usedAt: number; readonly offline: boolean }[];
}

const IS_OFFLINE = { $and: [{ $ne: ['$model', 'Grant'] }, { $eq: ['$bound', false] }] };

/** Which apps have a grant of this account that is alive, in a session or without one. */
export async function appAccess(parts: MongoParts, accountId: string, limit: number): Promise<readonly AppAccess[]> {
  const today = await generationToday(parts, accountId);
  const rows = await parts.artifacts
    .aggregate<FoundGrant>([
      { $match: { model: 'Grant', accountId } },
      { $limit: GRANTS_LOOKED_AT },
      {
        $lookup: {
          from: 'artifacts',
          localField: 'grantId',
          foreignField: 'grantId',
          pipeline: [{ $group: { _id: null, usedAt: { $max: '$createdAt' }, offline: { $max: IS_OFFLINE } } }],
          as: 'tokens',
        },
      },
      ...withCutOffs('$clientId'),
    ])
    .toArray();
  const alive = rows.flatMap((row) => {
    const { clientId, generation, createdAt, cutOffs, tokens } = row;
    if (clientId === undefined || !generation || !isCurrent(generation, today)) return [];
    if (isCutOff(row, cutOffsToday(cutOffs)({ accountId, clientId }))) return [];
    const [token] = tokens;
    return [{ clientId, createdAt, usedAt: token?.usedAt ?? createdAt, offline: token?.offline ?? false }];
  });
  return accessOf(alive, limit);
}
