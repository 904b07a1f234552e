import { createRequire } from 'node:module';
import { pino } from 'pino';
import type prettyStream from 'pino-pretty';
import { iso } from './clock.ts';

/** Facts of an event under the fixed names of the log (`client_id`, `logout_id`, `ms` …). Never a secret. */
export type Facts = Readonly<Record<string, unknown>>;

/** One JSON object a line: `level`, `time`, `event` (dotted, past tense) and facts. */
export interface Log {
  debug(event: string, facts?: Facts): void;
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFormat = 'json' | 'pretty';

/** Even a fact that should never have been handed over is cut here: the second lock on invariant 9. */
const REDACTED = [
  'cookie',
  'code',
  'token',
  'id_token_hint',
  'logout_token',
  'password',
  'client_secret',
  'authorization',
];

/** Writes to `destination` (a file descriptor or stream; 1 is stdout), synchronously so that a crash loses no line. */
export function createLog(options: { level: LogLevel; format: LogFormat; destination?: number }): Log {
  const destination = options.destination ?? 1;
  const stream =
    options.format === 'pretty' ? prettyTo(destination) : pino.destination({ dest: destination, sync: true });
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${iso(Date.now())}"`,
      formatters: { level: (label: string) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { error: describeError },
    },
    stream,
  );
  return {
    debug: (event, facts = {}) => logger.debug(facts, event),
    info: (event, facts = {}) => logger.info(facts, event),
    warn: (event, facts = {}) => logger.warn(facts, event),
    error: (event, facts = {}) => logger.error(facts, event),
  };
}

/** Loaded where somebody reads along: a server in production never does, in neither of its threads. */
function prettyTo(destination: number): ReturnType<typeof prettyStream> {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof prettyStream;
  return pretty({ destination, sync: true, messageKey: 'event', translateTime: 'HH:MM:ss.l' });
}

/** An error as facts: name, message, stack and the chain of causes as one line each. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
  return { name: error.name, message: error.message, stack: error.stack, cause };
}
