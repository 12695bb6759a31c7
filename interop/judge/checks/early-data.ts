import { type Check, faultIf, packetsOf, sentBy } from './check.ts';

/**
 * The client sends requests in 0-RTT packets, and little after the handshake.
 *
 * @param mostBytes - of protected payloads in the client's 1-RTT packets.
 */
export function asksEarly(mostBytes: number): Check {
  return (captures) => {
    const own = sentBy(captures, 'client');
    const bytesOf = (kind: '0-RTT' | '1-RTT'): number =>
      packetsOf(own, kind).reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
    const late = bytesOf('1-RTT');
    return [
      ...faultIf(bytesOf('0-RTT') === 0, 'the client has sent nothing in 0-RTT'),
      ...faultIf(late > mostBytes, `the client has sent ${late} bytes in 1-RTT, more than ${mostBytes}`),
    ];
  };
}
