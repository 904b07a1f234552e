/** How the file of an app is called: after its id, percent-encoded where some file system minds. */

const ENDING = '.yaml';

/** Separators, what Windows or macOS forbid, and the percent sign itself; a dot in front would hide the file. */
const MINDED = /[/\\:*?"<>|%]|^\./g;

/** Longest name of a file that common file systems take. */
const NAME_MAX = 255;

/** `urn:app:1` is in `urn%3Aapp%3A1.yaml`. There is one name only, so that two files never speak of the same app. */
export function fileNameOf(clientId: string): string {
  return `${clientId.replace(MINDED, percentEncoded)}${ENDING}`;
}

export function isNameTooLong(clientId: string): boolean {
  return fileNameOf(clientId).length > NAME_MAX;
}

/** The app that a file speaks of, by its name alone: it may be unreadable. */
export function clientIdOf(file: string): string {
  const name = file.replace(/\.[^.]*$/, '');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
