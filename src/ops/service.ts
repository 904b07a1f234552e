/** The one shape of everything that runs in the background: both calls are safe twice, `stop` waits. */
export interface Service {
  start(): Promise<void> | void;
  stop(): Promise<void>;
}
