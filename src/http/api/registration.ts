import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Admin } from '../../admin/admin.ts';
import {
  RegistrationError,
  register,
  registered,
  registrationOf,
  removeRegistration,
  replaceRegistration,
} from '../../admin/registration.ts';
import { AppError } from '../../errors.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { readUpTo } from '../middleware/read-body.ts';

export interface RegistrationParts {
  readonly admin: Admin;
  /** `SIGNOFF_REGISTRATION`. */
  readonly registration: 'off' | 'token' | 'open';
  readonly rateLimit: RateLimit;
}

const BODY_BYTES_MAX = 64 * 1024;

/** `/reg` (RFC 7591) and `/reg/<client_id>` (RFC 7592). What is registered already is kept, whatever the setting says. */
export function mountRegistration(router: Router, parts: RegistrationParts): void {
  const { admin, registration, rateLimit } = parts;
  if (registration !== 'off') {
    // Each makes a row for whoever asks.
    router.post('/reg', rateLimit.countEach, async (ctx) => {
      const token = registration === 'token' ? (bearerOf(ctx) ?? '') : undefined;
      ctx.body = await register(admin, { token, from: clientAddressOf(ctx) }, await documentOf(ctx));
      answered(ctx, 201);
    });
  }
  const path = '/reg/:id';
  const entryOf = (ctx: Context) => registered(admin, String(ctx['params'].id), bearerOf(ctx));
  router.get(path, rateLimit.countRefused, async (ctx) => {
    ctx.body = registrationOf(admin, await entryOf(ctx));
    answered(ctx, 200);
  });
  router.put(path, rateLimit.countRefused, async (ctx) => {
    const entry = await entryOf(ctx);
    ctx.body = await replaceRegistration(admin, entry, await documentOf(ctx), clientAddressOf(ctx));
    answered(ctx, 200);
  });
  router.delete(path, rateLimit.countRefused, async (ctx) => {
    await removeRegistration(admin, await entryOf(ctx), clientAddressOf(ctx));
    ctx.status = 204;
  });
}

function answered(ctx: Context, status: number): void {
  ctx.status = status;
  ctx.type = 'json';
  ctx.set('Cache-Control', 'no-store');
}

function bearerOf(ctx: Context): string | undefined {
  return /^Bearer +([\w.~+/=-]{1,500})$/i.exec(ctx.get('Authorization'))?.[1];
}

async function documentOf(ctx: Context): Promise<Record<string, unknown>> {
  if (!ctx.is('json')) throw unreadable();
  const body = await readUpTo(ctx.req, BODY_BYTES_MAX, tooLarge);
  try {
    const sent: unknown = JSON.parse(body.toString('utf8'));
    if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) return sent as Record<string, unknown>;
  } catch {
    throw unreadable();
  }
  throw unreadable();
}

function unreadable(): AppError {
  const publicMessage = 'Send the registration as one JSON object (application/json).';
  return new RegistrationError({ code: 'invalid_client_metadata', status: 400, publicMessage });
}

function tooLarge(): AppError {
  return new AppError({ code: 'body_too_large', status: 413, publicMessage: 'The registration is larger than 64 KB.' });
}
