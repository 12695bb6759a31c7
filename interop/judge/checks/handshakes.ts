import type { Captures } from '../capture.ts';
import { cameToClient, type Check, faultIf, packetsOf, sentBy, VERSION_1 } from './check.ts';

/** Handshakes are counted by the connection IDs that the server has chosen in its Initial packets. RFC 9000 §7.2 */
export function countsHandshakes(expected: number): Check {
  return (captures) => {
    const ids = new Set(serverInitials(captures).map(({ sourceId }) => sourceId));
    return faultIf(ids.size !== expected, `${ids.size} handshakes, not ${expected}`);
  };
}

/** The server answers in version 1 and no other. */
export const speaksVersion1: Check = (captures) => {
  const versions = [...new Set(serverInitials(captures).map(({ version }) => version))];
  const names = versions.map((version) => `0x${version.toString(16)}`).join(', ');
  return faultIf(
    versions.length !== 1 || versions[0] !== VERSION_1,
    `Initial packets of the server have version ${names || 'none'}, not 0x1`,
  );
};

export const sendsNoRetry: Check = (captures) =>
  faultIf(cameToClient(captures, 'retry').length > 0, 'the server has sent a Retry');

/** A round trip that is longer than the first probe timeout makes a client say Hello again. RFC 9002 §6.2.2 */
export const saysHelloAgain: Check = (captures) => {
  const hellos = packetsOf(sentBy(captures, 'client'), 'initial').filter(({ frames }) =>
    frames.some(({ beginsCrypto }) => beginsCrypto),
  ).length;
  return faultIf(hellos < 2, `${hellos} ClientHello, not 2 or more`);
};

function serverInitials(captures: Captures) {
  return packetsOf(sentBy(captures, 'server'), 'initial');
}
