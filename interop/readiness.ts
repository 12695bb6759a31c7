import type { Command } from './peer.ts';
import { tellingLine } from './output.ts';
import type { Subprocess } from './process.ts';
import { probeVersions } from './wire/version-probe.ts';

/** Complaints unless the server got ready: by its output, or by an answer to a Hello of an unknown version. */
export async function waitUntilReady(
  server: Subprocess,
  { ready }: Command,
  host: string,
  port: number,
): Promise<string[]> {
  if (ready !== undefined) {
    if (await server.printed(ready, READY_PATIENCE_MS)) return [];
  } else {
    const deadline = performance.now() + READY_PATIENCE_MS;
    while (server.running && performance.now() < deadline) {
      if ((await probeVersions(host, port, PROBE_INTERVAL_MS)).length === 0) return [];
    }
  }
  if (server.failure !== '') return [`the server ${server.failure}`];
  return [
    server.running
      ? 'the server did not get ready'
      : `the server ended before it was ready${tellingLine(server.output)}`,
  ];
}

const READY_PATIENCE_MS = 60_000;
const PROBE_INTERVAL_MS = 100;
