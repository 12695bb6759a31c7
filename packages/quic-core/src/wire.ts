// What reads and writes packets without being an endpoint: for dissectors, and for tests that play an attacker.
export { type AckFrame, createAckFrame, decodeAck } from './frame/ack.ts';
export { FrameType } from './frame/rules.ts';
export { createStreamFrame, decodeStream, type StreamFrame } from './frame/stream.ts';
export { TRANSPORT_CODE_NAMES } from './errors/transport-error.ts';
export { decodeParameters, defaultParameters, encodeParameters } from './parameters/parameters.ts';
export { initialKeys } from './keys/initial.ts';
export { isProtected, levelOf, typeOf } from './packet/levels.ts';
export { bytesOfIp, textOfIp } from './path/ip.ts';
export { PacketKeys } from './keys/packet-keys.ts';
export { FIXED_BIT, LONG_FORM, type PacketHeader } from './packet/header.ts';
export { protectPacket, unmaskHeader } from './packet/protection.ts';
export { longHeaderLength, writeLongHeader } from './packet/long-header.ts';
export { PacketReader } from './packet/reader.ts';
export { encodeRetry } from './packet/retry.ts';
export { encodeVersionNegotiation } from './packet/version-negotiation.ts';
export { Reassembly } from './streams/reassembly.ts';
export { type Version, VERSION_1, VERSIONS } from './version/versions.ts';
