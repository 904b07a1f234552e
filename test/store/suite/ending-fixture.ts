import type { EndCause, EndResult, EndTarget, Logout } from '../../../src/logout/logout.ts';
import type { NewParticipation, PlanDeliveries } from '../../../src/store/store.ts';
import { aCause, aTokenOf, HOUR, planAll, T0, unique } from '../../support/builders.ts';
import type { Fixture } from './fixture.ts';

export const ENDED_AT = T0 + HOUR;

/** Ends things at `ENDED_AT` and looks at what became of them. */
export function endings(at: Fixture) {
  const end = (
    target: EndTarget,
    cause: Partial<EndCause> = {},
    plan: PlanDeliveries = planAll(),
  ): Promise<EndResult> => at.store.sessions.end(unique('logout'), target, aCause(cause), ENDED_AT, plan);

  /** Throws where there was nothing to end. */
  async function ended(...args: Parameters<typeof end>): Promise<Logout> {
    const result = await end(...args);
    if (result.kind === 'nothing') throw new Error('there was nothing to end');
    return result.logout;
  }

  /** The `sid`s that a logout tells. */
  async function told(logout: Logout): Promise<string[]> {
    const deliveries = await at.store.deliveries.list({ logoutId: logout.id }, { limit: 100 });
    return deliveries.map((delivery) => delivery.sid).sort();
  }

  const isLive = async (uid: string) => (await at.store.sessions.findByUid(uid)) !== undefined;
  const exists = async (model: string, idHash: string) =>
    (await at.store.provider.find(model, idHash, ENDED_AT)) !== undefined;

  /** A refresh token beside the grant that `signIn` made; answers a way to ask whether it is still there. */
  async function tokenOf(participation: NewParticipation | undefined, bound: boolean): Promise<() => Promise<boolean>> {
    if (!participation) throw new Error('no participation');
    const token = aTokenOf(participation, { bound });
    await at.store.provider.save(token);
    return () => exists('RefreshToken', token.idHash);
  }

  return { end, ended, told, isLive, exists, tokenOf };
}

export function sids(...participations: readonly (NewParticipation | undefined)[]): string[] {
  return participations.map((each) => each?.sid ?? '').sort();
}
