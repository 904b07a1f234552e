import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { type ExtraScopes, readScopes } from './extra-scopes.ts';
import { suggestion } from './ops/did-you-mean.ts';
import type { Setting } from './setting.ts';
import type { Parsed, Surroundings } from './setting-parsers.ts';
import { SETTINGS, type SettingName, yamlName } from './settings.ts';

type Values = { readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never };

/** All settings, read once, checked together, frozen. Durations are milliseconds, paths absolute, lists arrays. */
export interface Config extends Values {
  /** `NODE_ENV` is exactly `production`. */
  readonly production: boolean;
  /** Scopes that `signoff.yaml` adds, and the claims they carry. */
  readonly scopes: ExtraScopes;
  /** Where each value comes from; secrets hidden. */
  readonly origins: readonly Origin[];
}

/** One row of `signoff config`. */
interface Origin {
  readonly name: string;
  readonly value: string | undefined;
  readonly default: string | undefined;
  readonly origin: 'environment' | 'signoff.yaml' | 'default' | 'not set';
  readonly sentence: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where configuration comes from. `terminal`: standard output is one, which makes the log pretty. */
export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>> & { readonly NODE_ENV?: string | undefined };
  readonly cwd: string;
  readonly terminal?: boolean;
}

const FILE = 'signoff.yaml';

/** The environment over `signoff.yaml` over defaults; all mistakes at once, each a sentence that names its setting. */
export function readConfig(given: ConfigSource): ConfigResult {
  const file = readFile(given.cwd);
  const source = { ...given, env: withoutInjected(given.env) };
  const { values, origins, problems } = readValues(source, file.settings);
  const { scopes, problems: scopeProblems } = readScopes(file.scopes);
  const own = [...file.problems, ...unknownNames(source.env), ...problems, ...scopeProblems];
  const all = [...own, ...contradictions(values as Partial<Values>, origins)];
  if (all.length > 0) return { ok: false, problems: all };
  const production = isProduction(source);
  return { ok: true, config: Object.freeze({ ...(values as Values), production, scopes, origins }) };
}

function isProduction({ env }: ConfigSource): boolean {
  return env.NODE_ENV === 'production';
}

function readValues(source: ConfigSource, file: ReadonlyMap<string, string>) {
  const production = isProduction(source);
  const surroundings = { cwd: source.cwd, production };
  const texts = new Map<string, string>();
  const known = { production, terminal: source.terminal ?? false, text: (env: string) => texts.get(env) ?? '' };
  const values: Record<string, unknown> = {};
  const origins: Origin[] = [];
  const problems: string[] = [];
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const row = originOf(setting, source.env, file, setting.fallback(known));
    if (row.text !== undefined) texts.set(setting.env, row.text);
    const read = parse(setting, row, surroundings);
    if (!('problem' in read)) values[name] = freeze(read.value);
    // A default that cannot be read follows from a mistake that is told already.
    else if (row.origin !== 'default') problems.push(`${nameIn(row.origin, setting.env)} ${read.problem}`);
    origins.push(shown(setting, row));
  }
  return { values, origins: Object.freeze(origins), problems };
}

interface Row {
  readonly text: string | undefined;
  readonly fallback: string | undefined;
  readonly origin: Origin['origin'];
}

/** An empty variable counts as not set: that is how compose files write "nothing". */
function originOf(
  { env }: Setting<unknown>,
  environment: ConfigSource['env'],
  file: ReadonlyMap<string, string>,
  fallback: string | undefined,
): Row {
  const fromEnvironment = environment[env];
  if (fromEnvironment) return { text: fromEnvironment, fallback, origin: 'environment' };
  const fromFile = file.get(env);
  if (fromFile !== undefined) return { text: fromFile, fallback, origin: FILE };
  return { text: fallback, fallback, origin: fallback === undefined ? 'not set' : 'default' };
}

function parse({ parse, missing }: Setting<unknown>, { text }: Row, surroundings: Surroundings): Parsed<unknown> {
  if (text !== undefined) return parse(text, surroundings);
  return missing === undefined ? { value: undefined } : { problem: missing };
}

function shown({ env, sentence, show }: Setting<unknown>, { text, fallback, origin }: Row): Origin {
  return { name: env, value: text === undefined ? undefined : show(text), default: fallback, origin, sentence };
}

function nameIn(origin: Origin['origin'], env: string): string {
  return origin === FILE ? `${yamlName(env)} in ${FILE}` : env;
}

function freeze<T>(value: T): T {
  return Object.freeze(value);
}

/** What only shows when settings are seen together; what is not there had a mistake of its own. */
function contradictions(values: Partial<Values>, origins: readonly Origin[]): string[] {
  const isSet = (env: string) => origins.some((row) => row.name === env && ['environment', FILE].includes(row.origin));
  const longer = (one = 0, other = Number.POSITIVE_INFINITY) => one > other;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      isSet('SIGNOFF_KEY') && isSet('SIGNOFF_KEY_FILE'),
      'SIGNOFF_KEY and SIGNOFF_KEY_FILE are both set; keep one of them',
    ],
    [
      isSet('SIGNOFF_SMTP') && isSet('SIGNOFF_SMTP_FILE'),
      'SIGNOFF_SMTP and SIGNOFF_SMTP_FILE are both set; keep one of them',
    ],
    [
      values.store?.kind === 'mongodb' && !isSet('SIGNOFF_KEY') && !existsSync(values.keyFile ?? ''),
      'SIGNOFF_KEY or SIGNOFF_KEY_FILE must be set with MongoDB, the same in every process; make one with: openssl rand -base64 32',
    ],
    [
      longer(values.sessionIdleMs, values.sessionMaxMs),
      'SIGNOFF_SESSION_IDLE is longer than SIGNOFF_SESSION_MAX; make it shorter',
    ],
    [
      longer(values.retryFirstMs, values.retryMaxMs),
      'SIGNOFF_RETRY_FIRST is longer than SIGNOFF_RETRY_MAX; make it shorter',
    ],
    [
      values.metricsPort !== undefined && values.metricsPort === values.port,
      'SIGNOFF_METRICS_PORT is the port of the service; set it to another one, like 9464',
    ],
    [
      (values.deliveryThreads ?? 1) > 1 && ['inline', 'off'].includes(values.deliveryRun ?? ''),
      `SIGNOFF_DELIVERY_THREADS is more than 1 with SIGNOFF_DELIVERY_RUN=${values.deliveryRun}; set that to thread or process`,
    ],
  ];
  return checks.filter(([wrong]) => wrong).map(([, sentence]) => sentence);
}

const INJECTED = [
  /^SIGNOFF_(.+_)?SERVICE_(HOST|PORT(_.+)?)$/,
  /^SIGNOFF_(.+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/,
];

/**
 * What Kubernetes puts into every container for a Service named "signoff" or "signoff-…" is no setting of ours
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
function withoutInjected(env: ConfigSource['env']): ConfigSource['env'] {
  const isInjected = (name: string, value = '') =>
    INJECTED.some((shape) => shape.test(name)) ||
    (/^SIGNOFF_(.+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value));
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isInjected(name, value)));
}

/** Variables of the test runner, and where commands go to: they share our prefix and are no settings of the product. */
const NO_SETTING = /^SIGNOFF_(TEST_.*|SERVER|TOKEN)$/;

/** A misspelt setting must not silently be a default. */
function unknownNames(env: ConfigSource['env']): string[] {
  const known = new Set(Object.values(SETTINGS).map((setting) => setting.env));
  return Object.keys(env)
    .filter((name) => name.startsWith('SIGNOFF_') && !NO_SETTING.test(name) && !known.has(name))
    .map((name) => `${name} is not a setting.${suggestion(name, known)}`);
}

interface SettingsFile {
  /** By environment variable name. */
  readonly settings: ReadonlyMap<string, string>;
  readonly scopes: unknown;
  readonly problems: readonly string[];
}

function readFile(cwd: string): SettingsFile {
  const path = join(cwd, FILE);
  const nothing = { settings: new Map<string, string>(), scopes: undefined, problems: [] };
  if (!existsSync(path)) return nothing;
  const text = textIn(path);
  if (text === undefined)
    return { ...nothing, problems: [`${FILE} cannot be read; check what it is and who may read it`] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) return { ...nothing, problems: [`${FILE} line ${lines.linePos(error.pos[0]).line}: ${error.message}`] };
  const content: unknown = document.toJS();
  if (content === null) return nothing;
  if (typeof content !== 'object' || Array.isArray(content)) {
    return { ...nothing, problems: [`${FILE} must be a list of settings, each on its own line as name: value`] };
  }
  const { scopes, ...rest } = content as Record<string, unknown>;
  return { ...settingsOf(rest), scopes };
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function settingsOf(content: Record<string, unknown>): Pick<SettingsFile, 'settings' | 'problems'> {
  const names = new Map(Object.values(SETTINGS).map(({ env }) => [yamlName(env), env]));
  const settings = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(content)) {
    const env = names.get(name);
    const text = textOf(value);
    if (env === undefined)
      problems.push(`${name} in ${FILE} is not a setting.${suggestion(name, [...names.keys(), 'scopes'])}`);
    else if (text === undefined) problems.push(`${name} in ${FILE} must be one value, or a list of values`);
    else if (text !== '') settings.set(env, text);
  }
  return { settings, problems };
}

/** YAML has numbers and lists where the environment has text only. */
function textOf(value: unknown): string | undefined {
  if (value === null) return '';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return isList ? value.join(',') : undefined;
}
