import { cameToClient, type Check, faultIf, FrameType, messagesOf, MessageType } from './check.ts';

/** The server admits a thousand streams at most to begin with, and more as they end. RFC 9000 §4.6 */
export const growsStreamLimit: Check = (captures) => {
  const limits = messagesOf(cameToClient(captures, 'handshake'))
    .filter(({ type }) => type === MessageType.encryptedExtensions)
    .flatMap(({ maxStreamsBidi }) => (maxStreamsBidi === undefined ? [] : [maxStreamsBidi]));
  const growths = cameToClient(captures, '1-RTT').filter(({ frames }) =>
    frames.some(({ type }) => type === FrameType.maxStreamsBidi),
  ).length;
  return [
    ...faultIf(limits.length === 0, 'no initial_max_streams_bidi of the server can be read'),
    ...limits.flatMap((limit) =>
      faultIf(limit > 1000, `initial_max_streams_bidi is ${limit}, not 1000 at most`),
    ),
    ...faultIf(growths === 0, 'no MAX_STREAMS of the server can be read'),
  ];
};
