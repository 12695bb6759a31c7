import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { listedVersions, readLongHeader } from './long-header.ts';

/** A version that no implementation speaks: one of the reserved pattern 0x?a?a?a?a. RFC 9000 §15. */
export const UNKNOWN_VERSION = 0x1a2a3a4a;

/**
 * Sends a padded long header of an unknown version and judges the answer.
 * Resolves to the complaints: none when a Version Negotiation packet with swapped connection IDs lists version 1
 * within `timeoutMs`. RFC 9000 §6.1, §17.2.1.
 */
export function probeVersions(host: string, port: number, timeoutMs: number): Promise<string[]> {
  const destinationId = randomBytes(8);
  const sourceId = randomBytes(8);
  const probe = Buffer.alloc(1200);
  probe[0] = 0xc0;
  probe.writeUInt32BE(UNKNOWN_VERSION, 1);
  probe.set([destinationId.length, ...destinationId, sourceId.length, ...sourceId], 5);

  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (complaints: string[]): void => {
      clearTimeout(timer);
      socket.close();
      resolve(complaints);
    };
    const timer = setTimeout(() => finish(['no answer to a Hello of an unknown version']), timeoutMs);
    socket.once('error', (error) => finish([`the probe failed: ${error.message}`]));
    socket.once('message', (answer) => finish(judgeAnswer(answer, destinationId, sourceId)));
    socket.send(probe, port, host);
  });
}

function judgeAnswer(answer: Buffer, destinationId: Buffer, sourceId: Buffer): string[] {
  const header = readLongHeader(answer);
  if (header === undefined || header.version !== 0)
    return ['the answer to an unknown version is no Version Negotiation packet'];
  const complaints: string[] = [];
  if (!header.destinationId.equals(sourceId) || !header.sourceId.equals(destinationId))
    complaints.push('the connection IDs of the Version Negotiation packet are not the swapped ones');
  if (!listedVersions(answer, header).includes(1)) complaints.push('version 1 is not listed');
  return complaints;
}
