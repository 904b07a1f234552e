/** Which of MongoDB's errors mean "the store is out of reach or cannot write": those become `storeUnavailable`. */
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';
import { AppError, storeUnavailable } from '../../errors.ts';
import type { WatchSlowCall } from './abandoned.ts';

/** Server codes without a label that says so: no primary, shutting down, disk full, time over, ended by another process's watch (`abandoned.ts`), majority not reached. */
const OUT_OF_REACH_CODES = new Set<unknown>([
  6, 7, 50, 64, 79, 89, 91, 100, 112, 189, 262, 9001, 10107, 11600, 11601, 11602, 13435, 13436, 14031,
]);

const OUT_OF_REACH_LABELS = ['TransientTransactionError', 'UnknownTransactionCommitResult', 'RetryableWriteError'];

/** Unauthorized, AuthenticationFailed. */
const DENIED_CODES = new Set<unknown>([13, 18]);

/** What the rest of the product is to see of an error of the driver. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof MongoServerError && DENIED_CODES.has(error.code)) return accessDenied(error);
  return isOutOfReach(error) ? storeUnavailable(error) : error;
}

export function isOutOfReach(error: unknown): boolean {
  if (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoWriteConcernError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoOperationTimeoutError
  ) {
    return true;
  }
  if (error instanceof MongoBulkWriteError && isOutOfReach(causeOf(error))) return true;
  if (isUnresolved(error)) return true;
  if (!(error instanceof MongoError)) return false;
  if (OUT_OF_REACH_LABELS.some((label) => error.hasErrorLabel(label))) return true;
  if (error instanceof MongoServerError) return OUT_OF_REACH_CODES.has(error.code);
  // Pool cleared, waited too long for a connection: classes that the driver does not export as values.
  return /^Mongo(PoolCleared|PoolClosed|WaitQueueTimeout|ConnectionPool)/.test(error.name);
}

/** What kept a bulk write from being sent: the driver makes an error of its own of it, of another class. */
function causeOf({ errorResponse }: MongoBulkWriteError): unknown {
  return errorResponse instanceof Error ? errorResponse : undefined;
}

/** `mongodb+srv:` asks DNS first, whose errors come as they are. */
function isUnresolved(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { readonly syscall?: unknown };
  return typeof syscall === 'string' && /^query(Srv|Txt)$/.test(syscall);
}

function accessDenied(cause: MongoServerError): AppError {
  return new AppError({
    code: 'store_access_denied',
    status: 503,
    publicMessage:
      'The MongoDB server does not let Signoff in. Check user, password and authSource in SIGNOFF_STORE; the user needs the role readWrite on the database.',
    cause,
  });
}

type Method = (...args: readonly never[]) => Promise<unknown>;

/** What stands between the port and the driver: says `storeUnavailable`, and knows what is under way. */
export interface Guard {
  /** The same role, whose methods throw what `asStoreError` makes of a driver's errors. */
  guarded<R extends object>(role: R): R;
  /** Answers when nothing is under way. */
  idle(): Promise<void>;
}

export function createGuard(watchSlowCall: WatchSlowCall): Guard {
  const underWay = new Set<Promise<unknown>>();

  function guard(method: Method): Method {
    return (...args) => {
      const answer = translated(method, args);
      const unwatch = watchSlowCall();
      underWay.add(answer);
      const forget = () => {
        unwatch();
        underWay.delete(answer);
      };
      answer.then(forget, forget);
      return answer;
    };
  }

  return {
    guarded<R extends object>(role: R): R {
      const methods = Object.entries(role as Record<string, Method>).map(([name, method]) => [name, guard(method)]);
      return Object.fromEntries(methods) as R;
    },
    async idle() {
      await Promise.allSettled(underWay);
    },
  };
}

async function translated(method: Method, args: readonly never[]): Promise<unknown> {
  try {
    return await method(...args);
  } catch (error) {
    throw asStoreError(error);
  }
}
