/** The delivery thread's entry. A thread cannot be handed a store, so it is handed the settings and opens its own. */
import './ops/compile-cache.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { Config } from './config.ts';
import { systemClock } from './ops/clock.ts';
import { createLog } from './ops/log.ts';

if (!parentPort) throw new Error('this file is the entry of a thread; start main.ts instead');
const config = workerData as Config;
const log = createLog({ level: config.logLevel, format: config.logFormat });
const { serveDeliveries } = await import('./wire.ts');
await serveDeliveries(config, { clock: systemClock, log }, parentPort);
