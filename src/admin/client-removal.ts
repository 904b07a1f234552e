import { z } from 'zod';
import { auditOf } from './audit-notes.ts';
import { clientWithId } from './clients.ts';
import { idText, reasonText } from './input.ts';
import { actorOf } from './logouts.ts';
import { notThere, useCase } from './use-case.ts';

const KEEPERS = { scope: 'signoff.clients', role: 'operator' } as const;

/** How long a removal stays to see the app tried once for each sign-in. */
const TELL_MS = 5_000;

export const removeClient = useCase({
  ...KEEPERS,
  name: 'clients.remove',
  summary: 'Take an app away; everybody is signed off there, and it is told a last time.',
  input: z.strictObject({ id: idText, reason: reasonText }),
  output: z.strictObject({
    client_id: z.string(),
    state: z.literal('removed'),
    logout_id: z.string().nullable(),
    sign_ins_ended: z.number().int(),
    sign_ins_told: z.number().int(),
  }),
  async run(admin, who, { id, reason }) {
    await admin.registry.refresh();
    const entry = clientWithId(admin, id);
    if (entry.state === 'removed') throw notThere('client_unknown', `There is no app ${id}.`);
    const audit = auditOf(admin, who, {
      action: removeClient.name,
      subject: `client ${id}`,
      reason,
      before: { state: entry.state, source: entry.source },
      after: { state: 'removed' },
    });
    const cause = { reason: 'client-removed', actor: actorOf(who), audit } as const;
    const ended = await admin.endSessions({ kind: 'client', clientId: id }, cause);
    const logoutId = ended.kind === 'ended' ? ended.logout.id : undefined;
    const progress = logoutId === undefined ? undefined : await admin.tellApps(logoutId, TELL_MS, 'attempted');
    await admin.registry.refresh();
    return {
      client_id: id,
      state: 'removed' as const,
      logout_id: logoutId ?? null,
      sign_ins_ended: progress?.total ?? 0,
      sign_ins_told: progress?.told ?? 0,
    };
  },
});
