/** What the driver sends. Only a client whose URL says `monitorCommands=true` tells. */
import { type CommandStartedEvent, MongoClient } from 'mongodb';

export function monitored(url: string): string {
  const at = new URL(url);
  at.searchParams.set('monitorCommands', 'true');
  return at.href;
}

export type Command = CommandStartedEvent['command'];

/** Every command that any client of the store sends until `stop`; what a migration does under its lock, it does once. */
export function listenForCommands(): { readonly commands: readonly Command[]; stop(): void } {
  const commands: Command[] = [];
  const migrating = new WeakSet<MongoClient>();
  const { emit } = MongoClient.prototype;
  function hear(client: MongoClient, command: Command): void {
    if (command['query']?._id === 'migration-lock') migrating.add(client);
    else if (command['deletes']?.[0]?.q._id === 'migration-lock') migrating.delete(client);
    else if (!migrating.has(client)) commands.push(command);
  }
  MongoClient.prototype.emit = function listen(this: MongoClient, name: string, ...facts: readonly unknown[]) {
    if (name === 'commandStarted') hear(this, (facts[0] as CommandStartedEvent).command);
    return Reflect.apply(emit, this, [name, ...facts]);
  } as typeof emit;
  return {
    commands,
    stop() {
      Reflect.deleteProperty(MongoClient.prototype, 'emit');
    },
  };
}
