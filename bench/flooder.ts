/** A flood from a thread of its own: so many requests a second, by turns of what it was given, whatever becomes of them. */
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/** One of the requests that a flood sends over and over. */
export interface FloodRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface FloodPlan {
  readonly port: number;
  readonly perSecond: number;
  readonly requests: readonly FloodRequest[];
}

/** How often each status was answered. */
export type FloodAnswers = Readonly<Record<number, number>>;

/** More than this many unanswered ones would measure the sockets of this machine; what is due then is left out. */
const IN_FLIGHT_MAX = 64;
const STEP_MS = 10;

const plan = workerData as FloodPlan;
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT_MAX });
const answers: Record<number, number> = {};
let sent = 0;
let inFlight = 0;
let due = 0;

function send({ method, path, headers, body }: FloodRequest): void {
  inFlight += 1;
  const over = (status: number) => {
    inFlight -= 1;
    answers[status] = (answers[status] ?? 0) + 1;
  };
  const outgoing = request({ port: plan.port, host: 'localhost', method, path, headers, agent }, (answer) => {
    answer.resume().on('end', () => over(answer.statusCode ?? 0));
  });
  outgoing.on('error', () => over(0)).end(body);
}

const pacing = setInterval(() => {
  due += (plan.perSecond * STEP_MS) / 1_000;
  for (; due >= 1; due -= 1) {
    const next = plan.requests[sent++ % plan.requests.length];
    if (next && inFlight < IN_FLIGHT_MAX) send(next);
  }
}, STEP_MS);

parentPort?.once('message', () => {
  clearInterval(pacing);
  agent.destroy();
  parentPort?.postMessage(answers satisfies FloodAnswers);
});
