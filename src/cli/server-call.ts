import { AppError } from '../errors.ts';
import type { ApiRequest } from '../http/api/write-request.ts';
import type { Server } from './server-choice.ts';

/** Sends a request; answers what is a success. Throws AppError: what the server said, as the use case there threw it. */
export async function callServer(
  { url, token }: Server,
  { method, path, headers, body }: ApiRequest,
  signal: AbortSignal,
): Promise<Response> {
  const response = await reach(url, () =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
      // A token goes where it was meant to, and nowhere else.
      redirect: 'error',
      signal,
    }),
  );
  if (response.ok) return response;
  const said = readJson(await reach(url, () => response.text()));
  throw problemIn(said, response.status) ?? strange(`${url} answered ${response.status}, and not as Signoff does.`);
}

/** Does what may fail for want of a network; throws `server_unreachable`. */
export async function reach<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    const publicMessage = `${url} cannot be reached, or did not answer in time.`;
    throw new AppError({ code: 'server_unreachable', status: 503, publicMessage, cause });
  }
}

/** Undefined for what is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Something answers there, and it is not the Signoff that this program knows. */
export function strange(publicMessage: string): AppError {
  return new AppError({ code: 'server_strange', status: 502, publicMessage });
}

function problemIn(json: unknown, status: number): AppError | undefined {
  const { code, detail } = (json ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  return new AppError({ code, status, publicMessage: detail });
}
