import type { Context } from 'koa';
import { byPasskey } from '../../accounts/proof.ts';
import type { SecondStep } from '../../accounts/second-step.ts';
import type { SignInResult, SignInTry } from '../../accounts/verify-sign-in.ts';
import type { DeviceCookie } from '../../oidc/device-cookie.ts';
import type { InteractionDetails } from '../../oidc/interaction-details.ts';
import type { Continuation, Interactions } from '../../oidc/interactions.ts';
import type { CryptoBox } from '../../ops/crypto-box.ts';
import { addressKeyOf } from '../../sessions/address-key.ts';
import { describeDevice } from '../../sessions/device.ts';
import type { Places } from '../../sessions/places.ts';
import type { Device } from '../../sessions/session.ts';
import { appFace } from '../app-face.ts';
import { languageOf } from '../language.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { formOf } from '../middleware/read-body.ts';
import type { SignInNotice } from '../page-models.ts';
import { withPasskey } from '../passkey-address.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { retryAfter } from '../retry-after.ts';

export interface SignInParts {
  readonly render: Renderer['render'];
  readonly interactions: Pick<Interactions, 'finishSignIn' | 'awaitSecondStep'>;
  readonly secondStep: SecondStep;
  /** `SIGNOFF_SECOND_FACTOR` is `require`. */
  readonly factorRequired: boolean;
  readonly device: DeviceCookie;
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  /** Mails with a link to a new password can be sent. */
  readonly offersReset: boolean;
  readonly places: Pick<Places, 'countryOf'>;
  readonly box: Pick<CryptoBox, 'digest'>;
}

type Details = Extract<InteractionDetails, { kind: 'sign-in' }>;

export interface SignIn {
  /** Shows the form, or where `with=passkey` is in the address the page that asks for one; keeps the device cookie for another year. */
  show(ctx: Context, details: Details): Promise<void> | void;
  /**
   * Answers what comes next, or undefined when the form is shown again. Fields `username`, `password`, `shared`; of the
   * other page `passkey`, `ticket`.
   */
  take(ctx: Context, details: Details): Promise<Continuation | undefined>;
}

/** Status codes of a form that is shown again: monitoring and rate rules in front of us look at nothing else. */
const STATUS: Readonly<Record<SignInNotice['kind'], number>> = { empty: 400, wrong: 401, locked: 403, wait: 429 };

export function createSignIn(parts: SignInParts): SignIn {
  const { render, interactions, device, verifySignIn, secondStep, factorRequired, places } = parts;
  const wantsPasskey = (ctx: Context) => secondStep.enabled && ctx.query['with'] === 'passkey';

  function show(ctx: Context, details: Details, notice: SignInNotice | undefined): void {
    const { address, client, loginHint, account, again } = details;
    device.ensure(ctx.cookies);
    const typed = ctx.method === 'POST' ? formOf(ctx).values : undefined;
    const username = typed?.get('username') ?? loginHint ?? (again ? account?.username : undefined);
    const page = {
      form: { action: address },
      shared: typed?.has('shared') ?? false,
      ...(client && { app: appFace(client, languageOf(ctx)) }),
      ...(username !== undefined && { username }),
      ...(account && { already: { name: personFace(account).name, again } }),
      ...(secondStep.enabled && { passkeyHref: withPasskey(address) }),
      ...(notice && { notice }),
      ...(parts.offersReset && { forgotHref: '/forgot' }),
    };
    render(ctx, 'sign-in', page, { status: notice ? STATUS[notice.kind] : 200 });
  }

  async function take(ctx: Context, details: Details): Promise<Continuation | undefined> {
    const { values } = formOf(ctx);
    const address = clientAddressOf(ctx);
    const given = { username: values.get('username')?.trim() ?? '', password: values.get('password') ?? '' };
    if (given.username === '' || given.password === '') {
      show(ctx, details, { kind: 'empty' });
      return undefined;
    }
    const deviceName = describeDevice(ctx.get('User-Agent'));
    const place = places.countryOf(address);
    const result = await verifySignIn({ ...given, address, device: deviceName, place });
    if (result.kind !== 'ok') {
      refuse(ctx, details, result);
      return undefined;
    }
    const { account, generation } = result;
    const signedIn = {
      account,
      generation,
      device: deviceOf(ctx),
      shared: values.has('shared'),
      locale: languageOf(ctx),
    };
    const { list } = await secondStep.of(account.id);
    return list.length > 0 || factorRequired
      ? interactions.awaitSecondStep(ctx, details.uid, signedIn)
      : interactions.finishSignIn(ctx, details.uid, signedIn);
  }

  function deviceOf(ctx: Context): Device {
    const address = clientAddressOf(ctx);
    return {
      name: describeDevice(ctx.get('User-Agent')),
      key: device.ensure(ctx.cookies),
      place: places.countryOf(address),
      addressKey: addressKeyOf(parts.box, address),
    };
  }

  async function showPasskey(ctx: Context, details: Details, wrong: boolean): Promise<void> {
    device.ensure(ctx.cookies);
    const { address, client } = details;
    const app = client && appFace(client, languageOf(ctx));
    const passkey = await secondStep.ask();
    const form = { action: withPasskey(address) };
    render(
      ctx,
      'passkey-sign-in',
      { form, ...(app && { app }), passkey, instead: address, wrong },
      { status: wrong ? 401 : 200 },
    );
  }

  async function takePasskey(ctx: Context, details: Details): Promise<Continuation | undefined> {
    const { values } = formOf(ctx);
    const given = { answer: values.get('passkey') ?? '', ticket: values.get('ticket') ?? '' };
    const result = await secondStep.verifyPasskey(given);
    if (result.kind === 'refused') {
      await showPasskey(ctx, details, true);
      return undefined;
    }
    const { account, generation, passkey } = result;
    const proof = byPasskey(passkey, undefined);
    return interactions.finishSignIn(ctx, details.uid, {
      account,
      generation,
      device: deviceOf(ctx),
      shared: false,
      locale: languageOf(ctx),
      proof,
    });
  }

  function refuse(ctx: Context, details: Details, result: Exclude<SignInResult, { kind: 'ok' }>): void {
    if (result.kind !== 'limited') {
      show(ctx, details, { kind: result.kind === 'refused' ? 'wrong' : 'locked' });
      return;
    }
    show(ctx, details, { kind: 'wait', seconds: retryAfter(ctx, result.retryAfterMs) });
  }

  return {
    show: (ctx, details) => (wantsPasskey(ctx) ? showPasskey(ctx, details, false) : show(ctx, details, undefined)),
    take: (ctx, details) => (wantsPasskey(ctx) ? takePasskey(ctx, details) : take(ctx, details)),
  };
}
