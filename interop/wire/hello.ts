/** Cipher suites a ClientHello offers, without GREASE values; undefined while it is incomplete. */
export function offeredSuites(handshake: Buffer): number[] | undefined {
  const body = messageBody(handshake, CLIENT_HELLO);
  if (body === undefined) return undefined;
  const suitesAt = RANDOM_END + 1 + body.readUInt8(RANDOM_END);
  const bytes = body.readUInt16BE(suitesAt);
  const suites: number[] = [];
  for (let at = suitesAt + 2; at < suitesAt + 2 + bytes; at += 2) {
    const suite = body.readUInt16BE(at);
    if ((suite & 0x0f0f) !== 0x0a0a) suites.push(suite);
  }
  return suites;
}

/** The cipher suite a ServerHello chose; undefined while it is incomplete. RFC 8446 §4.1.3. */
export function chosenSuite(handshake: Buffer): number | undefined {
  const body = messageBody(handshake, SERVER_HELLO);
  return body?.readUInt16BE(RANDOM_END + 1 + body.readUInt8(RANDOM_END));
}

/** The group of a ServerHello's key share; undefined while it is incomplete. RFC 8446 §4.2.8 */
export function chosenGroup(handshake: Buffer): number | undefined {
  const share = serverExtension(handshake, KEY_SHARE);
  return share === undefined || share.length < 2 ? undefined : share.readUInt16BE(0);
}

/** Whether a ServerHello goes on with a session. RFC 8446 §4.2.11 */
export function resumesSession(handshake: Buffer): boolean {
  return serverExtension(handshake, PRE_SHARED_KEY) !== undefined;
}

/** An extension of a ServerHello. RFC 8446 §4.1.3 */
function serverExtension(handshake: Buffer, type: number): Buffer | undefined {
  const body = messageBody(handshake, SERVER_HELLO);
  if (body === undefined) return undefined;
  // Behind legacy_session_id_echo come a suite (2), legacy_compression_method (1) and the length of all extensions (2).
  let at = RANDOM_END + 1 + body.readUInt8(RANDOM_END) + 5;
  while (at + 4 <= body.length) {
    const end = at + 4 + body.readUInt16BE(at + 2);
    if (body.readUInt16BE(at) === type) return body.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

const KEY_SHARE = 51;
const PRE_SHARED_KEY = 41;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
/** Behind legacy_version (2) and random (32). */
const RANDOM_END = 34;

function messageBody(handshake: Buffer, type: number): Buffer | undefined {
  if (handshake.length < 4 || handshake.readUInt8(0) !== type) return undefined;
  const end = 4 + handshake.readUIntBE(1, 3);
  return handshake.length < end ? undefined : handshake.subarray(4, end);
}
