/**
 * Spans for whoever registers an OpenTelemetry provider (`node --import ./tracing.mjs`); nothing otherwise. One trace for each
 * logout, whatever thread, process or day its parts happen in: the trace's id is made of the logout's, so that nothing has to
 * be carried along. No attribute holds a person.
 */
import type { Attributes, SpanContext, Tracer, TracerProvider } from '@opentelemetry/api';
import { sha256 } from './ids.ts';

/** Set by the API once somebody has registered a provider: its own name for that, of its first major version. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');
/** Loaded for who listens: 40 ms of every start otherwise. */
const api = REGISTERED in globalThis ? await import('@opentelemetry/api') : undefined;

/** Something that is over. */
export interface Traced {
  readonly name: 'logout.request' | 'logout.end' | 'delivery.claim' | 'delivery.attempt';
  readonly logoutId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly ms: number;
  readonly attributes?: Attributes;
  /** Why it failed, in our words. */
  readonly failed?: string | undefined;
}

const KINDS = {
  'logout.request': 'SERVER',
  'logout.end': 'INTERNAL',
  'delivery.claim': 'INTERNAL',
  'delivery.attempt': 'CLIENT',
} as const satisfies Readonly<Record<Traced['name'], string>>;

/** Whether somebody listens; asked first where what is traced would have to be put together. */
export function isTracing(): boolean {
  return tracer() !== undefined;
}

/** Makes a span of it, where somebody listens. What goes on around it, such as an instrumented request, is linked. */
export function traceDone({ name, logoutId, startedAt, ms, attributes, failed }: Traced): void {
  const listening = tracer();
  if (!api || !listening) return;
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api;
  const around = trace.getActiveSpan()?.spanContext();
  const span = listening.startSpan(
    name,
    {
      kind: SpanKind[KINDS[name]],
      startTime: startedAt,
      attributes: { ...attributes, 'signoff.logout_id': logoutId },
      ...(around && { links: [{ context: around }] }),
    },
    trace.setSpanContext(ROOT_CONTEXT, { ...placeOf(logoutId), traceFlags: TraceFlags.SAMPLED, isRemote: true }),
  );
  if (failed !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failed });
  span.end(startedAt + ms);
}

/** What the API hands out until somebody registers a provider, and behind which it then stands. */
interface Stand extends TracerProvider {
  getDelegateTracer?(name: string): Tracer | undefined;
}

/** Undefined where no provider was registered. */
function tracer(): Tracer | undefined {
  const provider: Stand | undefined = api?.trace.getTracerProvider();
  if (!provider) return undefined;
  return provider.getDelegateTracer ? provider.getDelegateTracer('signoff') : provider.getTracer('signoff');
}

/** A logout's id is 16 bytes, as a trace's is. */
export function traceIdOf(logoutId: string): string {
  const bytes = Buffer.from(logoutId, 'base64url');
  return (bytes.length === 16 ? bytes : Buffer.from(sha256(logoutId), 'base64url')).subarray(0, 16).toString('hex');
}

/** Where all spans of a logout hang. */
function placeOf(logoutId: string): Pick<SpanContext, 'traceId' | 'spanId'> {
  const traceId = traceIdOf(logoutId);
  return { traceId, spanId: traceId.slice(16) };
}
