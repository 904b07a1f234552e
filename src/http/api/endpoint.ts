import type { z } from 'zod';
import type { UseCase } from '../../admin/use-case.ts';

/** One address of the API: how a request becomes the input of a use case, and its output an answer. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, as OpenAPI writes it; a name in braces is a member of the input. */
  readonly path: string;
  readonly useCase: UseCase;
  /** Instead of it, with `?dry_run=true`. */
  readonly dryRun?: UseCase;
  /** What the body is: members of the input (the default), or one member of it. */
  readonly bodyAs?: string;
  /** The shape of that one member, for the document. */
  readonly bodyShape?: z.ZodType;
  /** The member that `If-Match` is. */
  readonly ifMatchAs?: string;
  /** Members that are said here and nowhere else. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** 201, with the address of what was made. */
  readonly created?: (output: never) => string;
  /** An event stream instead of JSON: of a logout that moves, of what an app is told. */
  readonly stream?: 'logout' | 'client';
}

export const API_PREFIX = '/api/v1';

/** Where a use case is to be had. */
export interface FoundEndpoint {
  readonly endpoint: Endpoint;
  /** With `?dry_run=true`. */
  readonly dryRun: boolean;
}

/** Keeps the output's type for `created`. */
export function endpoint<In extends z.ZodType, Out extends z.ZodType>(
  given: Omit<Endpoint, 'useCase' | 'created'> & {
    readonly useCase: UseCase<In, Out>;
    readonly created?: (output: z.output<Out>) => string;
  },
): Endpoint {
  return given as unknown as Endpoint;
}

/** Names in braces. */
export function pathMembers(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
}
