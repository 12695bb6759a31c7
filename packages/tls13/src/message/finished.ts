import { encodeMessage, MessageType } from './handshake-message.ts';
import { MessageReader } from './reader.ts';

/** Finished, RFC 8446 §4.4.4. */
export function encodeFinished(verifyData: Uint8Array): Uint8Array {
  return encodeMessage(MessageType.Finished, (writer) => writer.bytes(verifyData));
}

/** The verify_data, which has the length of the suite's hash. */
export function decodeFinished(body: Uint8Array, hashLength: number): Uint8Array {
  const reader = new MessageReader(body);
  const verifyData = reader.take(hashLength);
  reader.finish();
  return verifyData;
}
