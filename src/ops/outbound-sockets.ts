/** Sockets of outgoing calls: kept for the next call to the same place, but only so many of them in all. */
import http, { type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Target, TlsSessions } from './outbound-connect.ts';

/** Idle ones in all, the oldest out first: 2,000 TLS apps would leave 2,000 descriptors and 161 MB behind. */
const IDLE_MAX = 512;
/** As many as one app may have in flight. */
const IDLE_PER_TARGET_MAX = 8;
/** Shorter than the keep-alive of usual proxies (60–75 s), so that they seldom close in front of us. */
const IDLE_MS = 30_000;
/** Resuming saves a third of a handshake; one entry per app, some 2 KB each. */
const TLS_SESSIONS_MAX = 20_000;

/** Makes a socket that may be written to. */
export type OpenSocket = (target: Target) => Promise<Socket>;

export interface Agents {
  /** Takes an idle socket where there is one, and leaves its own behind. */
  readonly kept: http.Agent;
  /** A socket for this call alone. */
  readonly fresh: http.Agent;
  /** Idle sockets, for tests. */
  idle(): number;
  close(): void;
}

/** Options of a request that goes through these agents. */
export type TargetedOptions = ClientRequestArgs & { readonly target: Target };

export function createAgents(open: OpenSocket, idleMax: number = IDLE_MAX): Agents {
  const kept = new TargetAgent(open, idleMax, {
    keepAlive: true,
    maxFreeSockets: IDLE_PER_TARGET_MAX,
    timeout: IDLE_MS,
  });
  const fresh = new TargetAgent(open, 0, {});
  return {
    kept,
    fresh,
    idle: () => kept.idle,
    close() {
      kept.destroy();
      fresh.destroy();
    },
  };
}

export function createTlsSessions(): TlsSessions {
  const known = new Map<string, Buffer>();
  return {
    get: (name) => known.get(name),
    keep(name, session) {
      known.delete(name);
      known.set(name, session);
      const [oldest] = known.keys();
      if (known.size > TLS_SESSIONS_MAX && oldest !== undefined) known.delete(oldest);
    },
    forget: (name) => void known.delete(name),
  };
}

/** Node's agent, but its sockets are made by us, known by their target's name, and counted while they are idle. */
class TargetAgent extends http.Agent {
  readonly #open: OpenSocket;
  readonly #idleMax: number;
  /** In the order in which they became idle. */
  readonly #idle = new Set<Duplex>();

  constructor(open: OpenSocket, idleMax: number, options: http.AgentOptions) {
    super(options);
    this.#open = open;
    this.#idleMax = idleMax;
  }

  get idle(): number {
    return this.#idle.size;
  }

  override getName(options?: ClientRequestArgs): string {
    return targetOf(options).name;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.#open(targetOf(options)).then(
      (socket) => {
        socket.once('close', () => this.#idle.delete(socket));
        callback?.(null, socket);
      },
      // Node takes an error without a socket; its types do not say so.
      (error: Error) => callback?.(error, undefined as never),
    );
  }

  override keepSocketAlive(socket: Duplex): boolean {
    // Its types call the answer `void`; it says whether the socket is kept.
    const isKept = super.keepSocketAlive(socket) as unknown as boolean;
    if (!isKept) return false;
    this.#idle.add(socket);
    const [oldest] = this.#idle;
    if (this.#idle.size > this.#idleMax && oldest !== undefined) {
      this.#idle.delete(oldest);
      oldest.destroy();
    }
    return true;
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    this.#idle.delete(socket);
    super.reuseSocket(socket, request);
  }
}

function targetOf(options: ClientRequestArgs | undefined): Target {
  return (options as TargetedOptions).target;
}
