import { encodePcapRecord, pcapFileHeader } from './pcap-record.ts';
import { joinChunks } from './chunks.ts';
import type { Datagram } from './datagram.ts';
import type { Observer } from './observer.ts';

/** Records a capture file. */
export interface Capture extends Observer {
  /** The file so far: pcap with microseconds, link type 101 (raw IP), an IP and a UDP header for each datagram. */
  file(): Uint8Array;
}

/**
 * Captures what the host with the name `hostName` sends and receives, as seen outside its NAT.
 *
 * @param unixTimeAtZeroUs - time of the capture at virtual time 0.
 */
export function createCapture(hostName: string, unixTimeAtZeroUs: number): Capture {
  const chunks: Uint8Array[] = [pcapFileHeader()];
  const add = (datagram: Datagram, nowUs: number): void => {
    chunks.push(encodePcapRecord(datagram, unixTimeAtZeroUs + nowUs));
  };
  return {
    onSend: (host, datagram, nowUs) => host.name === hostName && add(datagram, nowUs),
    onReceive: (host, datagram, nowUs) => host.name === hostName && add(datagram, nowUs),
    file: () => joinChunks(chunks),
  };
}
