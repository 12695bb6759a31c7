// What reads and writes packets without being an endpoint: for dissectors, and for tests that play an attacker.
export { type AckFrame, createAckFrame, decodeAck } from './frame/ack.ts';
export { FrameType } from './frame/rules.ts';
export { createStreamFrame, decodeStream, type StreamFrame } from './frame/stream.ts';
export { defaultParameters, encodeParameters } from './handshake/parameters.ts';
export { initialKeys } from './keys/initial.ts';
export { levelOf } from './keys/keys.ts';
export { PacketKeys } from './keys/packet-keys.ts';
export { FIXED_BIT, LONG_FORM, type PacketHeader } from './packet/header.ts';
export { protectPacket, unmaskHeader } from './packet/protection.ts';
export { PacketReader } from './packet/reader.ts';
export { encodeRetry } from './packet/retry.ts';
export { encodeVersionNegotiation } from './packet/version-negotiation.ts';
export { Reassembly } from './streams/reassembly.ts';
export { type Version, VERSION_1 } from './version/versions.ts';
