import { MessageReader } from '../message/reader.ts';
import { MessageWriter } from '../message/writer.ts';
import { type Extension, ExtensionType } from './extension.ts';

/** PSK with (EC)DHE, RFC 8446 §4.2.9; the other mode has no forward secrecy and is not supported. */
export const PSK_DHE_KE = 1;

export function encodePskModes(): Extension {
  return { type: ExtensionType.PskKeyExchangeModes, data: Uint8Array.of(1, PSK_DHE_KE) };
}

export function decodePskModes(data: Uint8Array): readonly number[] {
  const reader = new MessageReader(data);
  const modes = reader.opaque8(1);
  reader.finish();
  return Array.from(modes);
}

/** One session that a client offers to resume, RFC 8446 §4.2.11. */
export interface PskIdentity {
  readonly identity: Uint8Array;
  readonly obfuscatedTicketAge: number;
}

export interface OfferedPsks {
  readonly identities: readonly PskIdentity[];
  readonly binders: readonly Uint8Array[];
  /**
   * Length of the binders with their length fields: the end of the ClientHello that a binder does not cover.
   */
  readonly bindersLength: number;
}

/** pre_shared_key of a ClientHello. Binders are zeros until the rest of the message is encoded. */
export function encodeOfferedPsks(offer: Pick<OfferedPsks, 'identities' | 'binders'>): Extension {
  const writer = new MessageWriter();
  writer.vector(2, () => {
    for (const { identity, obfuscatedTicketAge } of offer.identities) {
      writer.opaque16(identity);
      writer.u32(obfuscatedTicketAge);
    }
  });
  writer.vector(2, () => {
    for (const binder of offer.binders) writer.opaque8(binder);
  });
  return { type: ExtensionType.PreSharedKey, data: writer.finish() };
}

export function decodeOfferedPsks(data: Uint8Array): OfferedPsks {
  const outer = new MessageReader(data);
  const identityList = new MessageReader(outer.opaque16(7));
  const bindersAt = outer.position;
  const binderList = new MessageReader(outer.opaque16(33));
  outer.finish();
  const identities: PskIdentity[] = [];
  while (!identityList.isAtEnd) {
    identities.push({ identity: identityList.opaque16(1), obfuscatedTicketAge: identityList.u32() });
  }
  const binders: Uint8Array[] = [];
  while (!binderList.isAtEnd) binders.push(binderList.opaque8(32));
  return { identities, binders, bindersLength: data.length - bindersAt };
}

/** pre_shared_key of a ServerHello. */
export function encodeSelectedPsk(index: number): Extension {
  return { type: ExtensionType.PreSharedKey, data: Uint8Array.of(index >>> 8, index) };
}

/** pre_shared_key of a ServerHello: index into the client's list. */
export function decodeSelectedPsk(data: Uint8Array): number {
  const reader = new MessageReader(data);
  const index = reader.u16();
  reader.finish();
  return index;
}
