/**
 * The entry of the delivery thread, and of the delivery process (`SIGNOFF_DELIVERY_RUN`). Neither can be handed a store, so
 * it is handed the settings and opens its own.
 */
import './ops/compile-cache.ts';
import { systemClock } from './ops/clock.ts';
import { createLog } from './ops/log.ts';

const { hearKeeper, serveDeliveries } = await import('./wire-delivery.ts');
const { line, ...kept } = await hearKeeper();
const log = createLog({ level: kept.config.logLevel, format: kept.config.logFormat });
await serveDeliveries(kept, { clock: systemClock, log }, line);
