import type { Datagram } from '../capture.ts';
import { type Check, faultIf, packetsOf, sentBy } from './check.ts';

/**
 * A long chain is sent to a client whose address is not validated: three times what came at most, where up to four times
 * are let pass, until a Handshake packet of the client comes. RFC 9000 §8.1
 */
export const heedsAmplificationLimit: Check = (captures) => {
  const flight = packetsOf(sentBy(captures, 'server'), 'handshake').flatMap(({ frames }) =>
    frames.map(({ cryptoEnd }) => cryptoEnd),
  );
  const bytes = flight.reduce((most, end) => Math.max(most, end), 0);
  return [
    ...faultIf(
      bytes < FLIGHT_BYTES,
      `CRYPTO frames in Handshake packets of the server end at ${bytes}, before ${FLIGHT_BYTES}`,
    ),
    ...limitFaults(captures.right),
  ];
};

function limitFaults(right: readonly Datagram[]): string[] {
  let came = 0;
  let sent = 0;
  for (const { sender, packets, bytes } of right) {
    if (packets.some(({ kind }) => kind === 'negotiation')) return ['a Version Negotiation packet was sent'];
    if (sender === 'client') {
      if (packets.some(({ kind }) => kind === 'handshake')) return [];
      if (packets.some(({ kind }) => kind === 'initial')) came += bytes;
    } else {
      sent += bytes;
      if (sent >= TOLERATED * came) return [`the server has sent ${sent} bytes for ${came}`];
    }
  }
  return ['no Handshake packet of the client came'];
}

const FLIGHT_BYTES = 7500;
const TOLERATED = 4;
