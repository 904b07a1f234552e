import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';

// The image cannot be built here; what can be checked without Docker is.

const ROOT = new URL('../../', import.meta.url);
const dockerfile = readFileSync(new URL('Dockerfile', ROOT), 'utf8');

describe('the image', () => {
  it('installs without running scripts of packages', () => {
    expect(dockerfile.match(/npm (ci|install)\b[^\n]*/g)).toEqual([expect.stringContaining(' --ignore-scripts')]);
  });

  it('lets the process keep its compiled code', () => {
    const source = readFileSync(new URL('src/ops/compile-cache.ts', ROOT), 'utf8');
    const [, cache = 'nowhere'] = /'(node_modules\/[^']+)'/.exec(source) ?? [];
    const [, owned = ''] = /chown node:node ([^\n&]+)/.exec(dockerfile) ?? [];
    expect(owned.trim().split(' ')).toContain(cache);
    expect(dockerfile.indexOf(cache)).toBeLessThan(dockerfile.indexOf('USER node'));
  });
});

describe('its server', () => {
  it('runs with the memory settings of npm start', () => {
    const [, flag = 'none'] =
      /'(--max-semi-space-size=\d+)'/.exec(readFileSync(new URL('tools/launch.mjs', ROOT), 'utf8')) ?? [];
    const [, entry = '[]'] = /ENTRYPOINT (\[[^\n]*\])/.exec(dockerfile) ?? [];
    expect(JSON.parse(entry)).toEqual(['node', flag, 'dist/cli/cli.js']);
  });
});

describe('its health check', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  /** Exit code, with a server on `PORT` that answers so. */
  async function check(status: number): Promise<number> {
    const [, command = '[]'] = /HEALTHCHECK[^\n]*\n\s*CMD (\[[^\n]*\])/.exec(dockerfile) ?? [];
    const [program, ...args] = JSON.parse(command) as string[];
    expect(program).toBe('node');
    server = createServer((request, response) => {
      response.writeHead(request.url === '/health/ready' ? status : 404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = spawn(process.execPath, args, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number];
    return code;
  }

  it('asks the port that it listens on', async () => {
    await expect(check(200)).resolves.toBe(0);
  });

  it('fails where the service is not ready', async () => {
    await expect(check(503)).resolves.toBe(1);
  });
});
