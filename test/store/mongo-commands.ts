/** What the driver sends. Only a client whose URL says `monitorCommands=true` tells. */
import { type CommandStartedEvent, MongoClient } from 'mongodb';

export function monitored(url: string): string {
  const at = new URL(url);
  at.searchParams.set('monitorCommands', 'true');
  return at.href;
}

export type Command = CommandStartedEvent['command'];

/** Every command that any client of the store sends until `stop`. */
export function listenForCommands(): { readonly commands: readonly Command[]; stop(): void } {
  const commands: Command[] = [];
  const { emit } = MongoClient.prototype;
  MongoClient.prototype.emit = function listen(this: MongoClient, name: string, ...facts: readonly unknown[]) {
    if (name === 'commandStarted') commands.push((facts[0] as CommandStartedEvent).command);
    return Reflect.apply(emit, this, [name, ...facts]);
  } as typeof emit;
  return {
    commands,
    stop() {
      Reflect.deleteProperty(MongoClient.prototype, 'emit');
    },
  };
}
