import { createGate, type Gate } from '../unit/oidc/gate.ts';

/**
 * Holds the next call of this method of a running product's store, so that a test can let something else happen first;
 * every other call passes. `isIt` picks the call by its arguments.
 */
export function holdCall<Role extends object>(
  role: Role,
  method: keyof Role & string,
  isIt: (...args: readonly never[]) => boolean = () => true,
): Gate {
  const gate = createGate();
  const real = role[method] as unknown as (...args: readonly never[]) => Promise<unknown>;
  let held = false;
  async function pass(...args: readonly never[]): Promise<unknown> {
    if (!held && isIt(...args)) {
      held = true;
      await gate.wait();
      Object.assign(role, { [method]: real });
    }
    return Reflect.apply(real, role, args);
  }
  Object.assign(role, { [method]: pass });
  return gate;
}
