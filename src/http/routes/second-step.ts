import type { Context } from 'koa';
import type { Enrolment } from '../../accounts/enrolment.ts';
import { factorWays } from '../../accounts/factor-ways.ts';
import { BY_PASSWORD, BY_PASSWORD_AND_CODE, byPasskey } from '../../accounts/proof.ts';
import type { SecondStep } from '../../accounts/second-step.ts';
import type { InteractionDetails } from '../../oidc/interaction-details.ts';
import type { Continuation, Interactions } from '../../oidc/interactions.ts';
import { describeDevice } from '../../sessions/device.ts';
import { appFace } from '../app-face.ts';
import type { SecondStepNotice } from '../factor-models.ts';
import { languageOf } from '../language.ts';
import { formOf } from '../middleware/read-body.ts';
import { withPasskey } from '../passkey-address.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { retryAfter } from '../retry-after.ts';
import { totpFace } from '../totp-face.ts';

export interface SecondStepPageParts {
  readonly render: Renderer['render'];
  readonly interactions: Pick<Interactions, 'finishSecondStep' | 'keepProof' | 'dropSecondStep'>;
  readonly secondStep: SecondStep;
  readonly enrolment: Enrolment;
}

type Details = Extract<InteractionDetails, { kind: 'second-step' }>;

export interface SecondStepPage {
  show(ctx: Context, details: Details, notice?: SecondStepNotice): Promise<void>;
  /** What comes next; undefined when the page is shown again. Fields `code`, or `passkey` and `ticket`, or `decision` = `other`. */
  take(ctx: Context, details: Details): Promise<Continuation | undefined>;
}

/** Status codes of a page that is shown again, as at the sign-in. */
const STATUS: Readonly<Record<SecondStepNotice['kind'], number>> = {
  empty: 400,
  wrong: 401,
  'passkey-wrong': 401,
  wait: 429,
};

/** The page after a password that was right, where the account has more to prove itself with. */
export function createSecondStepPage(parts: SecondStepPageParts): SecondStepPage {
  const { render, interactions, secondStep, enrolment } = parts;

  async function show(ctx: Context, details: Details, notice?: SecondStepNotice): Promise<void> {
    const { account, client, address, afterPassword } = details;
    const credentials = await secondStep.of(account.id);
    if (credentials.list.length === 0) return enrol(ctx, details, false);
    const { passkeys, takesCode } = factorWays(credentials);
    const page = {
      form: { action: address },
      ...(client && { app: appFace(client, languageOf(ctx)) }),
      person: personFace(account),
      afterPassword,
      takesCode: takesCode && !(details.passkeyOnly && passkeys.length > 0),
      ...(passkeys.length > 0 && { passkey: await secondStep.ask(passkeys) }),
      ...(notice && { notice }),
    };
    render(ctx, 'second-step', page, { status: notice ? STATUS[notice.kind] : 200 });
  }

  /** Second factors are required here, and this account has none: it adds one on its way in. */
  async function enrol(ctx: Context, { account, address }: Details, wrong: boolean): Promise<void> {
    const status = wrong ? 401 : 200;
    const form = { action: address };
    if (ctx.query['with'] === 'passkey') {
      const passkey = await enrolment.offerPasskey(account);
      const page = { form: { action: withPasskey(address) }, passkey, wrong, entering: true, otherHref: address };
      render(ctx, 'passkey-new', page, { status });
    } else {
      const otherHref = withPasskey(address);
      const page = { form, totp: totpFace(enrolment.offerTotp(account)), wrong, entering: true, otherHref };
      render(ctx, 'totp-new', page, { status });
    }
  }

  async function takeNew(ctx: Context, details: Details): Promise<Continuation | undefined> {
    const { values } = formOf(ctx);
    const answer = values.get('passkey') ?? '';
    const given = {
      accountId: details.account.id,
      ticket: values.get('ticket') ?? '',
      name: values.get('name') ?? '',
      seat: { session: undefined, device: describeDevice(ctx.get('User-Agent')), place: undefined },
    };
    const added =
      answer === ''
        ? await enrolment.addTotp({ ...given, code: values.get('code') ?? '' })
        : await enrolment.addPasskey({ ...given, answer });
    if (added.kind !== 'added') {
      await enrol(ctx, details, true);
      return undefined;
    }
    const { proof } = added;
    if (added.codes === undefined) return interactions.finishSecondStep(ctx, details.uid, proof);
    await interactions.keepProof(ctx, details.uid, proof);
    render(ctx, 'recovery-codes', { codes: added.codes, onward: { form: { action: details.address } } });
    return undefined;
  }

  async function refuse(ctx: Context, details: Details, notice: SecondStepNotice): Promise<undefined> {
    await show(ctx, details, notice);
    return undefined;
  }

  async function takePasskey(ctx: Context, details: Details, answer: string, ticket: string) {
    const result = await secondStep.verifyPasskey({ answer, ticket }, details.account.id);
    if (result.kind === 'refused') return refuse(ctx, details, { kind: 'passkey-wrong' });
    return interactions.finishSecondStep(ctx, details.uid, byPasskey(result.passkey, BY_PASSWORD));
  }

  async function takeCode(ctx: Context, details: Details, code: string) {
    if (code.trim() === '') return refuse(ctx, details, { kind: 'empty' });
    const result = await secondStep.verifyCode(details.account.id, code);
    if (result.kind === 'ok') return interactions.finishSecondStep(ctx, details.uid, BY_PASSWORD_AND_CODE);
    if (result.kind === 'refused') return refuse(ctx, details, { kind: 'wrong' });
    return refuse(ctx, details, { kind: 'wait', seconds: retryAfter(ctx, result.retryAfterMs) });
  }

  return {
    show,
    async take(ctx, details) {
      const { values } = formOf(ctx);
      if (details.proof) return interactions.finishSecondStep(ctx, details.uid, details.proof);
      if (values.get('decision') === 'other') return interactions.dropSecondStep(ctx, details.uid);
      const { list } = await secondStep.of(details.account.id);
      if (list.length === 0) return takeNew(ctx, details);
      const answer = values.get('passkey') ?? '';
      return answer === ''
        ? takeCode(ctx, details, values.get('code') ?? '')
        : takePasskey(ctx, details, answer, values.get('ticket') ?? '');
    },
  };
}
