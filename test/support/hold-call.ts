import { createGate, type Gate } from '../unit/oidc/gate.ts';

type IsIt = (...args: readonly never[]) => boolean;

/**
 * Holds the next call of this method of a running product's store, so that a test can let something else happen first;
 * every other call passes. `isIt` picks the call by its arguments.
 */
export function holdCall<Role extends object>(role: Role, method: keyof Role & string, isIt: IsIt = () => true): Gate {
  return holdNext(role, method, isIt, async (gate, call) => {
    await gate.wait();
    return call();
  });
}

/** The same after the store has done it: only the answer is on its way. */
export function holdAnswer<Role extends object>(
  role: Role,
  method: keyof Role & string,
  isIt: IsIt = () => true,
): Gate {
  return holdNext(role, method, isIt, async (gate, call) => {
    const answer = await call();
    await gate.wait();
    return answer;
  });
}

function holdNext<Role extends object>(
  role: Role,
  method: keyof Role & string,
  isIt: IsIt,
  hold: (gate: Gate, call: () => Promise<unknown>) => Promise<unknown>,
): Gate {
  const gate = createGate();
  const real = role[method] as unknown as (...args: readonly never[]) => Promise<unknown>;
  let held = false;
  async function pass(...args: readonly never[]): Promise<unknown> {
    const call = () => Reflect.apply(real, role, args);
    if (held || !isIt(...args)) return call();
    held = true;
    const answer = await hold(gate, call);
    Object.assign(role, { [method]: real });
    return answer;
  }
  Object.assign(role, { [method]: pass });
  return gate;
}
