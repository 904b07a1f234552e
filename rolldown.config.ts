import { defineConfig } from 'rolldown';

/**
 * `npm run build`: the program and what it imports, in a few files instead of a thousand modules, each of which costs memory
 * for as long as the process lives and time at each start (docs/decisions/0022-running-it.md). Names and lines stay, so that
 * a stack trace still says where it was.
 */
export default defineConfig({
  // Each file as deep as its source where that looks for others from where it is.
  input: { 'cli/cli': 'src/cli/cli.ts', 'delivery-main': 'src/delivery-main.ts' },
  platform: 'node',
  // Native code; what is loaded by name; and what tracing needs to have in common with whoever records it.
  external: [/^@node-rs\//, 'pino-pretty', '@opentelemetry/api'],
  output: {
    dir: 'dist',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // One character that is none of Latin-1, and V8 keeps two bytes for each of the file.
    comments: { jsdoc: false, legal: true, annotation: false },
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
  },
  // `depd` compiles a function when it is loaded.
  checks: { eval: false },
});
