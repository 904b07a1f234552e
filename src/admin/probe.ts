import { z } from 'zod';
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

/** Nobody's session is in it, so it ends nothing and writes nothing. */
export const probeClient = useCase({
  scope: 'signoff.clients',
  role: 'operator',
  name: 'clients.probe',
  summary: 'Check an app up: one good logout token of a session that nobody has, and wrong ones that it must refuse.',
  input: z.strictObject({ id: idText }),
  output: z.strictObject({
    client_id: z.string(),
    grade: z.enum(['A', 'B', 'C', 'D', 'F']),
    checks: z.array(check),
  }),
  async run({ registry, probe }, _who, { id }) {
    await registry.refresh();
    const entry = registry.get(id);
    if (!entry || entry.state === 'removed') throw notThere('client_unknown', `There is no app ${id}.`);
    const { client_id, grade, checks } = await probe(entry.client);
    return { client_id, grade, checks: [...checks] };
  },
});
