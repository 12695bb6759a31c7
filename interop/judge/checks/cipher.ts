import { type Check, faultIf, messagesOf, MessageType, packetsOf, sentBy } from './check.ts';

/** The client offers TLS_CHACHA20_POLY1305_SHA256 alone. RFC 8446 §B.4 */
export const offersOnlyChacha20: Check = (captures) => {
  const hellos = messagesOf(packetsOf(sentBy(captures, 'client'), 'initial')).filter(
    ({ type }) => type === MessageType.clientHello,
  );
  const suites = [...new Set(hellos.flatMap((hello) => hello.suites))];
  const names = suites.map((suite) => `0x${suite.toString(16)}`).join(', ');
  return faultIf(
    suites.length !== 1 || suites[0] !== CHACHA20,
    `the client offers ${names || 'nothing that can be read'}`,
  );
};

const CHACHA20 = 0x1303;
