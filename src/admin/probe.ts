import { z } from 'zod';
import { GRADES } from '../store/store.ts';
import { auditOf } from './audit-notes.ts';
import { clientWithId } from './clients.ts';
import { idText } from './input.ts';
import { notThere, useCase } from './use-case.ts';

const check = z.strictObject({
  name: z.string(),
  sent: z.string(),
  expected: z.string(),
  got: z.string(),
  ms: z.number().nullable(),
  result: z.enum(['ok', 'wrong', 'warning']),
  fix: z.string().nullable(),
});

/** Nobody's session is in it, so it ends nothing; what it found stays with the app until that changes. */
export const probeClient = useCase({
  scope: 'signoff.clients',
  role: 'operator',
  name: 'clients.probe',
  summary: 'Check an app up: one good logout token of a session that nobody has, and wrong ones that it must refuse.',
  input: z.strictObject({ id: idText }),
  output: z.strictObject({
    client_id: z.string(),
    grade: z.enum(GRADES),
    checks: z.array(check),
  }),
  async run(admin, who, { id }) {
    const { registry, probe, clock } = admin;
    await registry.refresh();
    const entry = clientWithId(admin, id);
    if (entry.state === 'removed') throw notThere('client_unknown', `There is no app ${id}.`);
    const { client_id, grade, checks } = await probe(entry.client);
    const note = { action: probeClient.name, subject: `client ${id}`, after: { grade } };
    await registry.checkedUp(entry, { grade, at: clock.now() }, auditOf(admin, who, note));
    return { client_id, grade, checks: [...checks] };
  },
});
