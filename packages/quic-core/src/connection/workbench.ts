import { ByteReader } from '@tsquic/bytes';
import { type AckFrame, createAckFrame } from '../frame/ack.ts';
import { createCryptoFrame, type CryptoFrame } from '../frame/crypto.ts';
import { createDatagramFrame, type DatagramFrame } from '../frame/datagram.ts';
import { createResetStreamAtFrame, type ResetStreamAtFrame } from '../frame/reset-stream-at.ts';
import { createStreamFrame, type StreamFrame } from '../frame/stream.ts';
import { createStreamControlFrame, type StreamControlFrame } from '../frame/stream-control.ts';
import type { IdLengths } from '../packet/header.ts';
import { PacketReader } from '../packet/reader.ts';
import { CongestionReports } from '../recovery/congestion-reports.ts';
import { PacketWriter } from '../packet/writer.ts';
import type { Version } from '../version/versions.ts';

/**
 * Records that a context fills anew for each packet and frame. All its connections share them, because each
 * packet is done with before the next one begins; two contexts share nothing.
 */
export class Workbench {
  readonly packets: PacketReader;
  readonly writer: PacketWriter = new PacketWriter();
  readonly frames: ByteReader = new ByteReader();
  readonly ack: AckFrame = createAckFrame();
  readonly stream: StreamFrame = createStreamFrame();
  readonly crypto: CryptoFrame = createCryptoFrame();
  readonly datagram: DatagramFrame = createDatagramFrame();
  readonly reports: CongestionReports = new CongestionReports();
  readonly resetStreamAt: ResetStreamAtFrame = createResetStreamAtFrame();
  readonly streamControl: StreamControlFrame = createStreamControlFrame();

  /** @param localIdLengths - bytes of the connection IDs that the context issues. */
  constructor(localIdLengths: IdLengths, versions: readonly Version[], anyQuicBit: boolean) {
    this.packets = new PacketReader(localIdLengths, versions, anyQuicBit);
  }
}
