import { ByteReader, fromHex } from '@tsquic/bytes';
import { type CryptoProvider, expandLabel } from '@tsquic/crypto';

/**
 * The CRYPTO bytes in a client's first Initial datagrams, put into order; frames of one datagram, and the
 * datagrams, may come in any order. RFC 9001 §5.2
 */
export function cryptoOfInitials(crypto: CryptoProvider, datagrams: readonly Uint8Array[]): Uint8Array {
  const fragments = datagrams.flatMap((datagram) => fragmentsOf(crypto, datagram.slice()));
  fragments.sort((a, b) => a.offset - b.offset);
  const end = Math.max(0, ...fragments.map(({ offset, bytes }) => offset + bytes.length));
  const out = new Uint8Array(end);
  let known = 0;
  for (const { offset, bytes } of fragments) {
    if (offset > known) throw new Error(`CRYPTO bytes ${known} to ${offset} are missing`);
    out.set(bytes, offset);
    known = Math.max(known, offset + bytes.length);
  }
  return out;
}

interface Fragment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function fragmentsOf(crypto: CryptoProvider, datagram: Uint8Array): Fragment[] {
  const reader = new ByteReader(datagram, 5);
  const destination = reader.copy(reader.u8());
  reader.skip(reader.u8());
  reader.skip(reader.varint());
  const length = reader.varint();
  const numberAt = reader.position;
  const secret = expand(crypto, crypto.hkdfExtract('sha256', SALT, destination), 'client in', 32);
  const protection = crypto.createHeaderProtection('aes-128-gcm', expand(crypto, secret, 'quic hp', 16));
  const aead = crypto.createAead(
    'aes-128-gcm',
    expand(crypto, secret, 'quic key', 16),
    expand(crypto, secret, 'quic iv', 12),
  );
  protection.compute(datagram, numberAt + 4);
  datagram[0]! ^= protection.mask[0]! & 0x0f;
  const numberLength = (datagram[0]! & 3) + 1;
  let packetNumber = 0;
  for (let i = 0; i < numberLength; i++) {
    datagram[numberAt + i]! ^= protection.mask[1 + i]!;
    packetNumber = packetNumber * 256 + datagram[numberAt + i]!;
  }
  const payloadAt = numberAt + numberLength;
  const end = numberAt + length;
  if (!aead.open(packetNumber, datagram, 0, payloadAt, end))
    throw new Error('an Initial packet does not open');
  return cryptoFrames(new ByteReader(datagram, payloadAt, end - 16));
}

function cryptoFrames(reader: ByteReader): Fragment[] {
  const fragments: Fragment[] = [];
  while (reader.remaining > 0) {
    const type = reader.u8();
    if (type === PADDING || type === PING) continue;
    if (type !== CRYPTO) throw new Error(`frame ${type} in a first Initial`);
    const offset = reader.varint();
    fragments.push({ offset, bytes: reader.copy(reader.varint()) });
  }
  return fragments;
}

function expand(crypto: CryptoProvider, secret: Uint8Array, label: string, length: number): Uint8Array {
  return expandLabel(crypto, 'sha256', secret, label, new Uint8Array(0), length);
}

const SALT = fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
const PADDING = 0;
const PING = 1;
const CRYPTO = 6;
