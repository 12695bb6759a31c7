import type { Address } from '../path/address.ts';
import type { PacketHeader } from '../packet/header.ts';

/** Most packets that are kept until the keys that open them are available. RFC 9000 §5.7, RFC 9001 §5.7 */
const MAX_PACKETS = 10;
/**
 * Most bytes of all kept packets together: a peer whose address is not validated must not make us hold more
 * than a handshake may need.
 */
const MAX_BYTES = 15_000;

/** A packet that came before its keys, and the path and ECN codepoint that it came with. */
export interface EarlyPacket {
  readonly bytes: Uint8Array;
  readonly from: Address;
  readonly to: Address;
  readonly interfaceIndex: number;
  readonly ecn: number;
}

/** Packets that arrived before the keys to open them. */
export class EarlyPackets {
  private packets: EarlyPacket[] = [];
  private heldBytes = 0;

  /** Keep a copy of the packet at `header`; false when there is no room. */
  keep(
    bytes: Uint8Array,
    header: PacketHeader,
    from: Address,
    to: Address,
    interfaceIndex: number,
    ecn: number,
  ): boolean {
    const length = header.packetEnd - header.headerAt;
    if (this.packets.length >= MAX_PACKETS || this.heldBytes + length > MAX_BYTES) return false;
    this.heldBytes += length;
    this.packets.push({
      bytes: bytes.slice(header.headerAt, header.packetEnd),
      from,
      to,
      interfaceIndex,
      ecn,
    });
    return true;
  }

  get isEmpty(): boolean {
    return this.packets.length === 0;
  }

  /** All of them, to be tried again; those still too early come back by `keep`. */
  takeAll(): readonly EarlyPacket[] {
    const { packets } = this;
    this.packets = [];
    this.heldBytes = 0;
    return packets;
  }
}
