import type { Context } from 'koa';
import type { SignInResult, SignInTry } from '../../accounts/verify-sign-in.ts';
import type { DeviceCookie } from '../../oidc/device-cookie.ts';
import type { InteractionDetails, Interactions } from '../../oidc/interactions.ts';
import { describeDevice } from '../../sessions/device.ts';
import type { Places } from '../../sessions/places.ts';
import { appFace } from '../app-face.ts';
import { languageOf } from '../language.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import { formOf } from '../middleware/read-body.ts';
import type { SignInNotice } from '../page-models.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';

export interface SignInParts {
  readonly render: Renderer['render'];
  readonly interactions: Pick<Interactions, 'finishSignIn'>;
  readonly device: DeviceCookie;
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  /** Mails with a link to a new password can be sent. */
  readonly offersReset: boolean;
  readonly places: Pick<Places, 'countryOf'>;
}

type Details = Extract<InteractionDetails, { kind: 'sign-in' }>;

export interface SignIn {
  /** Shows the form; keeps the device cookie for another year. */
  show(ctx: Context, details: Details, notice: SignInNotice | undefined): void;
  /** Answers where to go on to, or undefined when the form is shown again. Fields `username`, `password`, `shared`. */
  take(ctx: Context, details: Details): Promise<string | undefined>;
}

/** Status codes of a form that is shown again: monitoring and rate rules in front of us look at nothing else. */
const STATUS: Readonly<Record<SignInNotice['kind'], number>> = { empty: 400, wrong: 401, locked: 403, wait: 429 };

export function createSignIn(parts: SignInParts): SignIn {
  const { render, interactions, device, verifySignIn, places } = parts;

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
      ...(notice && { notice }),
      ...(parts.offersReset && { forgotHref: '/forgot' }),
    };
    render(ctx, 'sign-in', page, { status: notice ? STATUS[notice.kind] : 200 });
  }

  async function take(ctx: Context, details: Details): Promise<string | undefined> {
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
    return interactions.finishSignIn(ctx, details.uid, {
      account: result.account,
      generation: result.generation,
      device: { name: deviceName, key: device.ensure(ctx.cookies), place },
      shared: values.has('shared'),
      locale: languageOf(ctx),
    });
  }

  function refuse(ctx: Context, details: Details, result: Exclude<SignInResult, { kind: 'ok' }>): void {
    if (result.kind !== 'limited') {
      show(ctx, details, { kind: result.kind === 'refused' ? 'wrong' : 'locked' });
      return;
    }
    const seconds = Math.max(1, Math.ceil(result.retryAfterMs / 1_000));
    ctx.set('Retry-After', String(seconds));
    show(ctx, details, { kind: 'wait', seconds });
  }

  return { show, take };
}
