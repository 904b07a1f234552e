import { InvalidInput } from '../../admin/input.ts';
import { API_PREFIX, type FoundEndpoint, pathMembers } from './endpoint.ts';

/** A request, for whoever sends it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The other way round of `readRequest`: what to send so that it reads this input. */
export function writeRequest(
  { endpoint, dryRun }: FoundEndpoint,
  input: Readonly<Record<string, unknown>>,
): ApiRequest {
  const { method, fixed = {}, ifMatchAs, bodyAs } = endpoint;
  const inPath = pathMembers(endpoint.path);
  const isElsewhere = (name: string) => inPath.includes(name) || name === ifMatchAs || name in fixed;
  const rest = Object.entries(input).filter(([name, value]) => value !== undefined && !isElsewhere(name));
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const inBody = ([name]: readonly [string, unknown]) => hasBody && (bodyAs === undefined || name === bodyAs);
  const said = Object.fromEntries(rest.filter(inBody));
  const version = ifMatchAs === undefined ? undefined : input[ifMatchAs];
  return {
    method,
    path: `${API_PREFIX}${pathOf(endpoint.path, input)}${queryOf(
      rest.filter((one) => !inBody(one)),
      dryRun,
    )}`,
    headers: {
      accept: 'application/json',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(version !== undefined && { 'if-match': `"${version}"` }),
    },
    body: hasBody ? JSON.stringify(bodyAs === undefined ? said : said[bodyAs]) : undefined,
  };
}

function pathOf(path: string, input: Readonly<Record<string, unknown>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => segment(name, String(input[name])));
}

/** Dots are steps in a path, however they are written (WHATWG URL §4.1). Throws `InvalidInput`. */
function segment(field: string, value: string): string {
  if (!/^\.{1,2}$/.test(value)) return encodeURIComponent(value);
  throw new InvalidInput([{ field, message: `cannot be "${value}": an address would lead elsewhere.` }]);
}

function queryOf(members: readonly (readonly [string, unknown])[], dryRun: boolean): string {
  const query = new URLSearchParams(members.map(([name, value]) => [name, String(value)]));
  if (dryRun) query.set('dry_run', 'true');
  return query.size === 0 ? '' : `?${query}`;
}
