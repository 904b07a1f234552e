/**
 * What every page of operators has in common: the guard, the frame with its navigation, the password again before a write,
 * a page with the numbers before a drastic one, and refusals as a page with a way out. A group of pages says what it shows
 * and which use case it performs, no more.
 */
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { z } from 'zod';
import type { Admin } from '../../admin/admin.ts';
import { InvalidInput } from '../../admin/input.ts';
import { type Operator, perform, permit, permits, type UseCase } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import { formOf } from '../middleware/read-body.ts';
import { requestIdOf } from '../middleware/request-id.ts';
import type { AskFirst } from '../own-pages/ask-first.ts';
import { personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { seeOther } from '../see-other.ts';
import type { Sent } from './admin-forms.ts';
import type { Sheet } from './admin-page-models.ts';
import { bad, soft } from './cells.ts';
import { type Confirm, confirmSheet, isConfirmed } from './confirm-write.ts';
import { groupOf, navigationFor } from './navigation.ts';
import { createOperatorsOnly, operatorOf } from './operators-only.ts';

export interface AdminFrameParts {
  readonly admin: Admin;
  readonly render: Renderer['render'];
  readonly signedInOnly: SignedInOnly;
  /** With the 15 minutes of operators. */
  readonly askFirst: AskFirst;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

/** A page, or where it leads; undefined: it was answered already. */
export type Answer = Sheet | { readonly to: string } | undefined;

export interface AdminFrame {
  /** `page` may throw what use cases throw. */
  get(path: string, page: (visit: Visit) => Promise<Answer> | Answer): void;
  /** `again`: the page with its form once more, where what was sent cannot be read (422). */
  post(
    path: string,
    act: (visit: WriteVisit) => Promise<Answer>,
    again?: (visit: Visit, sent: Sent) => Promise<Sheet> | Sheet,
  ): void;
}

/** One request of an operator. */
export interface Visit {
  readonly ctx: Context;
  readonly who: Operator;
  /** A part of the address. */
  param(name: string): string;
  /** A parameter of the query; undefined where it is absent, empty, or there more than once. */
  query(name: string): string | undefined;
  /** For what is shown to those who can use it. */
  may(useCase: Pick<UseCase, 'scope' | 'role'>): boolean;
  perform<In extends z.ZodType, Out extends z.ZodType>(
    useCase: UseCase<In, Out>,
    input: unknown,
  ): Promise<z.output<Out>>;
}

export interface WriteVisit extends Visit {
  /** What the form says. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * Performs a write: asks for the password where the last one is more than 15 minutes old, then with `confirm` for a yes.
   * Undefined: the page that asks was answered. Throws what the use case throws.
   */
  write<In extends z.ZodType, Out extends z.ZodType>(write: Write<In, Out>): Promise<z.output<Out> | undefined>;
}

export interface Write<In extends z.ZodType, Out extends z.ZodType> {
  readonly useCase: UseCase<In, Out>;
  readonly input: unknown;
  /** Where "no" leads to. */
  readonly backHref: string;
  /** What stands on the page that asks; read only when it is shown. */
  readonly confirm?: () => Promise<Confirm>;
  /** Has to be typed on that page, where a click is too easily done. */
  readonly word?: string;
}

export function createAdminFrame(router: Router, parts: AdminFrameParts): AdminFrame {
  const { admin, askFirst, takeForm } = parts;
  const guard = createOperatorsOnly({ store: admin.store, signedInOnly: parts.signedInOnly });

  function show(ctx: Context, sheet: Sheet, status = 200): void {
    const who = operatorOf(ctx);
    const { account } = personOf(ctx);
    const nav = navigationFor(who, ctx.path);
    const operator = `${personFace(account).name} · ${who.role}`;
    parts.render(ctx, 'admin', { ...sheet, nav, operator, now: admin.clock.now() }, { status });
  }

  function give(ctx: Context, answer: Answer): void {
    if (answer === undefined) return;
    if ('to' in answer) seeOther(ctx, answer.to);
    else show(ctx, answer, answer.status);
  }

  /** What a use case says no with becomes a page in the same frame; accidents are the error page's. */
  const told: Middleware = async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof AppError) || error.words !== undefined || error.status >= 500) throw error;
      if (error.retryAfterS !== undefined) ctx.set('Retry-After', String(Math.ceil(error.retryAfterS)));
      show(ctx, refusal(error, { requestId: requestIdOf(ctx), backHref: groupOf(ctx.path) }), error.status);
    }
  };

  return {
    get(path, page) {
      router.get(path, guard, told, async (ctx) => give(ctx, await page(visitOf(ctx, admin))));
    },
    post(path, act, again) {
      router.post(path, guard, told, takeForm, async (ctx) => {
        const { values, duplicated } = formOf(ctx);
        if (duplicated.length > 0) throw new AppError({ code: 'bad_form', status: 400, words: 'error.form_twice' });
        const visit = visitOf(ctx, admin);
        const write = createWrite(visit, values, { askFirst, show });
        try {
          give(ctx, await act({ ...visit, values, write }));
        } catch (error) {
          if (!(error instanceof InvalidInput) || again === undefined) throw error;
          show(ctx, await again(visit, { values, invalid: error }), error.status);
        }
      });
    },
  };
}

function visitOf(ctx: Context, admin: Admin): Visit {
  const who = operatorOf(ctx);
  return {
    ctx,
    who,
    param: (name) => String(ctx['params'][name]),
    query(name) {
      const value = ctx.query[name];
      return typeof value === 'string' && value !== '' ? value : undefined;
    },
    may: (useCase) => permits(who, useCase),
    perform: (useCase, input) => perform(useCase, admin, who, input),
  };
}

function createWrite(
  visit: Visit,
  values: ReadonlyMap<string, string>,
  { askFirst, show }: Pick<AdminFrameParts, 'askFirst'> & { show(ctx: Context, sheet: Sheet, status?: number): void },
): WriteVisit['write'] {
  const { ctx, who } = visit;
  return async ({ useCase, input, backHref, confirm, word }) => {
    // Nobody is asked for a password, or a yes, who is refused afterwards.
    permit(who, useCase);
    if (!(await askFirst.mayGoOn(ctx, { proof: 'all', backHref }))) return undefined;
    if (confirm && !isConfirmed(values, word)) {
      const { sheet, status } = confirmSheet(await confirm(), { action: ctx.path, values, word, backHref });
      show(ctx, sheet, status);
      return undefined;
    }
    return visit.perform(useCase, input);
  };
}

function refusal(
  { publicMessage, code }: AppError,
  { requestId, backHref }: { readonly requestId: string; readonly backHref: string },
): Sheet {
  return {
    headline: 'That did not work',
    blocks: [
      ...publicMessage.split('\n').map(bad),
      { kind: 'words', cell: soft(`Code ${code} · Request ${requestId}`) },
      { kind: 'links', links: [{ text: 'Back', href: backHref }] },
    ],
  };
}
