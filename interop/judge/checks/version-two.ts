import type { Packet } from '../capture.ts';
import { type Check, ENDS, faultIf, packetsOf, sentBy, VERSION_1, VERSION_2 } from './check.ts';

/** The client begins in version 1, and the server takes both to version 2. RFC 9368 §2.3, RFC 9369 §4.1 */
export const comesToVersion2: Check = (captures) => {
  const [first] = packetsOf(sentBy(captures, 'client'), 'initial');
  const answers = packetsOf(sentBy(captures, 'server'), 'initial');
  return [
    ...faultIf(first?.version !== VERSION_1, `the client begins with version ${first?.version}`),
    ...faultIf(!answers.some(isOfVersion2), 'no Initial packet of the server has version 2'),
    ...ENDS.flatMap((end) => {
      const packets = packetsOf(sentBy(captures, end), 'handshake');
      return [
        ...faultIf(packets.length === 0, `the ${end} has sent no Handshake packet`),
        ...faultIf(!packets.every(isOfVersion2), `a Handshake packet of the ${end} is not of version 2`),
      ];
    }),
  ];
};

function isOfVersion2({ version }: Packet): boolean {
  return version === VERSION_2;
}
