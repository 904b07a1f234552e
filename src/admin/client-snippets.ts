import { z } from 'zod';
import { clientSnippet, FRAMEWORKS } from '../clients/client-snippets.ts';
import { clientWithId } from './clients.ts';
import { idText } from './input.ts';
import { useCase } from './use-case.ts';

export const showSnippet = useCase({
  scope: 'signoff.read',
  role: 'support',
  name: 'clients.snippet',
  summary: 'Say what an app pastes to sign people in and to be told, filled in for its framework; no secret is in it.',
  input: z.strictObject({ id: idText, for: z.enum(FRAMEWORKS).default('express').describe('Its framework.') }),
  output: z.strictObject({
    client_id: z.string(),
    for: z.enum(FRAMEWORKS),
    files: z.array(z.strictObject({ name: z.string(), text: z.string() })),
    notes: z.array(z.string()).describe('What is still to be done.'),
  }),
  async run(admin, _who, { id, for: framework }) {
    await admin.registry.refresh();
    const { files, notes } = clientSnippet(admin.issuer, clientWithId(admin, id).client, framework);
    return { client_id: id, for: framework, files: [...files], notes: [...notes] };
  },
});
