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
const STATUS: Readonly<Record<SignInNotice['kind'], number>> = { empty: 400, wrong: 401, wait: 429 };

export function createSignIn({ render, interactions, device, verifySignIn, places }: SignInParts): SignIn {
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
    const result = await verifySignIn({ ...given, address });
    if (result.kind !== 'ok') {
      refuse(ctx, details, result);
      return undefined;
    }
    return interactions.finishSignIn(ctx, details.uid, {
      account: result.account,
      generation: result.generation,
      device: {
        name: describeDevice(ctx.get('User-Agent')),
        key: device.ensure(ctx.cookies),
        place: places.countryOf(address),
      },
      shared: values.has('shared'),
    });
  }

  function refuse(ctx: Context, details: Details, result: Exclude<SignInResult, { kind: 'ok' }>): void {
    if (result.kind === 'refused') {
      show(ctx, details, { kind: 'wrong' });
      return;
    }
    const seconds = Math.max(1, Math.ceil(result.retryAfterMs / 1_000));
    ctx.set('Retry-After', String(seconds));
    show(ctx, details, { kind: 'wait', seconds });
  }

  return { show, take };
}
