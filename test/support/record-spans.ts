/** Loaded before the product (`--import`): a provider of OpenTelemetry's own SDK, whose spans go to a file, one a line. */
import { appendFileSync } from 'node:fs';
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';

const exporter: SpanExporter = {
  export(spans, done) {
    for (const span of spans) {
      const { name, attributes, status, parentSpanContext } = span;
      const line = {
        name,
        traceId: span.spanContext().traceId,
        parentId: parentSpanContext?.spanId,
        attributes,
        status,
      };
      appendFileSync(process.env['SIGNOFF_TEST_SPANS'] ?? '', `${JSON.stringify(line)}\n`);
    }
    done({ code: 0 });
  },
  shutdown: async () => undefined,
};

trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
