/**
 * oidc-provider warns, when it is loaded, about every Node that has not become LTS yet. Ours is the launcher's choice and
 * tested; in tests a warning for each file only hides the ones that matter.
 */
const warn = console.warn;

console.warn = (...words: unknown[]) => {
  if (!String(words[0]).includes('oidc-provider WARNING: Unsupported runtime')) warn(...words);
};
