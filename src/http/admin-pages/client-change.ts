import { changeClient, previewChange } from '../../admin/client-changes.ts';
import { showClient } from '../../admin/clients.ts';
import { permit } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import { formBlock, readFields, type Sent } from './admin-forms.ts';
import type { AdminFrame, Answer, Visit, WriteVisit } from './admin-frame.ts';
import type { Block, Sheet } from './admin-page-models.ts';
import { bad, pathTo, table, text, words } from './cells.ts';
import { aboutMore, changeFields, documentIn } from './client-fields.ts';
import { type Client, valueCell } from './client-sheets.ts';
import type { Confirm } from './confirm-write.ts';
import { REASON } from './reason-field.ts';

/** `/admin/clients/<id>/change`: the form, what it would change, and the change. */
export function mountClientChange(frame: AdminFrame): void {
  frame.get('/admin/clients/:client/change', open);
  frame.post('/admin/clients/:client/change', change, async (visit, sent) =>
    changeSheet(await clientOf(visit), { sent: aboutMore(sent) }),
  );
}

function clientOf(visit: Visit): Promise<Client> {
  return visit.perform(showClient, { id: visit.param('client') });
}

/** What cannot be changed here says so on its own page. */
async function open(visit: Visit): Promise<Answer> {
  permit(visit.who, changeClient);
  const client = await clientOf(visit);
  const canChange = client.file === null && client.state !== 'removed';
  return canChange ? changeSheet(client) : { to: pathTo('clients', client.client_id) };
}

interface Shown {
  readonly sent?: Sent;
  readonly said?: readonly Block[];
  readonly status?: number;
}

function changeSheet(client: Client, { sent, said = [], status = 200 }: Shown = {}): Sheet {
  const { client_id: id, version } = client;
  const backHref = pathTo('clients', id);
  const form = {
    action: pathTo('clients', id, 'change'),
    fields: changeFields(client),
    // What was seen, also where the form comes back: somebody may have been faster meanwhile.
    hidden: [{ name: 'version', value: sent?.values.get('version') ?? version }],
    button: 'See what changes',
    backHref,
  };
  return {
    headline: `Change ${id}`,
    above: { text: id, href: backHref },
    blocks: [...said, formBlock(form, sent)],
    status,
  };
}

async function change(visit: WriteVisit): Promise<Answer> {
  const id = visit.param('client');
  const { values } = visit;
  const client = documentIn(changeFields({}), values);
  const input = { id, version: values.get('version'), client, ...readFields([REASON], values) };
  const backHref = pathTo('clients', id);
  try {
    const done = await visit.write({
      useCase: changeClient,
      input,
      backHref,
      confirm: () => differences(visit, input),
    });
    return done && { to: `${backHref}?done=changed` };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'version_old') throw error;
    return changeSheet(await clientOf(visit), { said: [bad(error.publicMessage)], status: error.status });
  }
}

/** Before and after of each field, before anything is written. */
async function differences(visit: Visit, input: { readonly id: string }): Promise<Confirm> {
  const { changes } = await visit.perform(previewChange, input);
  const rows = changes.map(({ field, before, after }) => ({
    cells: [text(field), valueCell(before), valueCell(after)],
  }));
  const isNone = rows.length === 0;
  return {
    headline: isNone ? 'Nothing is different' : `Change ${input.id}?`,
    blocks: isNone
      ? [words('The form says what the app says already.')]
      : [table('What changes', ['Field', 'Before', 'After'], rows)],
    button: 'Save',
    drastic: false,
    fields: [REASON],
  };
}
