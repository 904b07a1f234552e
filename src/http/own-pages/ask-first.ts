/**
 * What stands before an act at one's own pages: a page with its numbers where it is drastic, a new proof of who it is where the
 * last one is too old. Both are asked for on one page where both are due.
 */
import type { Context } from 'koa';
import { formOf } from '../middleware/read-body.ts';
import type { FormTarget, HiddenField } from '../page-models.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import type { ConfirmPage, ProofNotice } from './own-page-models.ts';
import {
  createProofAgain,
  type DueProof,
  PROOF_FIELDS,
  type ProofAgainParts,
  type WantedProof,
} from './proof-again.ts';
import { personOf } from './signed-in.ts';

/** An act that somebody asked for by a form. */
export interface Act {
  /** `one` where it ends more than this very session, `all` where it changes how the account is signed in to. */
  readonly proof: WantedProof;
  /** Its numbers, where it must be confirmed; read only when they are shown. */
  readonly confirm?: () => Promise<ActFacts>;
  /** Where "no" leads to. */
  readonly backHref: string;
}

export type ActFacts = Omit<ConfirmPage, 'form' | 'proof' | 'backHref'>;

export interface AskFirst {
  /**
   * True when the act may go on now. Else the page that asks has been answered; its form keeps every field of this one, and
   * comes back to the same address. Runs after the guard and `takeForm`. Throws `busy` and `store_unavailable`.
   */
  mayGoOn(ctx: Context, act: Act): Promise<boolean>;
  /** The page that asks, for a GET that leads to the act. Its form is sent to this address with these fields. */
  show(
    ctx: Context,
    act: Act & { readonly confirm: () => Promise<ActFacts> },
    hidden?: readonly HiddenField[],
  ): Promise<void>;
}

export interface AskFirstParts extends ProofAgainParts {
  readonly render: Renderer['render'];
}

/** As at the sign-in page. */
const STATUS: Readonly<Record<ProofNotice['kind'], number>> = {
  empty: 400,
  wrong: 401,
  'wrong-code': 401,
  'wrong-passkey': 401,
  wait: 429,
};

export function createAskFirst(parts: AskFirstParts): AskFirst {
  const { render } = parts;
  const proofAgain = createProofAgain(parts);

  async function page(ctx: Context, act: Act, { due, notice, hidden }: Asks): Promise<void> {
    const person = personOf(ctx);
    const proof = due && (await proofAgain.ask(person, due, notice));
    const status = notice ? STATUS[notice.kind] : 200;
    const { backHref } = act;
    if (act.confirm) {
      const form = formWith(ctx, [...hidden, { name: 'confirm', value: 'yes' }]);
      const model = { form, backHref, ...(await act.confirm()), ...(proof && { proof }) };
      render(ctx, 'confirm', model, { status });
    } else if (proof) {
      const form = formWith(ctx, hidden);
      render(ctx, 'step-up', { form, backHref, person: personFace(person.account), proof }, { status });
    }
  }

  return {
    async mayGoOn(ctx, act) {
      const { values } = formOf(ctx);
      const unconfirmed = act.confirm !== undefined && values.get('confirm') !== 'yes';
      const due = await proofAgain.due(personOf(ctx), act.proof);
      const judged = unconfirmed || !due ? undefined : await proofAgain.judge(ctx, due);
      if (!unconfirmed && judged === undefined) return true;
      const notice = judged === 'unasked' ? undefined : judged;
      await page(ctx, act, { due, notice, hidden: keptFields(values) });
      return false;
    },
    async show(ctx, act, hidden = []) {
      const due = await proofAgain.due(personOf(ctx), act.proof);
      await page(ctx, act, { due, notice: undefined, hidden });
    },
  };
}

interface Asks {
  readonly due: DueProof | undefined;
  readonly notice: ProofNotice | undefined;
  readonly hidden: readonly HiddenField[];
}

/** New passwords are typed again rather than written into a page. */
const OWN_FIELDS: readonly string[] = ['csrf', 'confirm', 'new_password', ...PROOF_FIELDS];

/** What was asked for, so that it can be done after the answer. */
export function keptFields(values: ReadonlyMap<string, string>): readonly HiddenField[] {
  return [...values].filter(([name]) => !OWN_FIELDS.includes(name)).map(([name, value]) => ({ name, value }));
}

function formWith(ctx: Context, hidden: readonly HiddenField[]): FormTarget {
  return { action: ctx.path, hidden };
}
