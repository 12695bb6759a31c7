import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Datagram, End } from './capture.ts';
import { ontoOnePath } from './one-path.ts';
import { type CaptureFile, readDatagram } from './reading.ts';
import { createSenders, textOf } from './senders.ts';
import { dissect, readPlaces } from './tshark.ts';

/**
 * The datagrams of a capture with one connection, which may move: all of the client, and those of the server that are the first
 * between their places or have something else than STREAM frames. Where packets stay closed, tshark reads the capture once
 * more, as if the connection had not moved. Throws as `readCapture` does.
 */
export async function readMovingConnection(
  capture: CaptureFile,
  keyLog: string | undefined,
): Promise<Datagram[]> {
  const places = await readPlaces(capture.file);
  const known = createSenders(capture);
  const senders = places.map(({ from, to }) => known.of(from, to));
  const firsts = new Map<string, number>();
  places.forEach(({ from, to }, i) => {
    const path = `${textOf(from)} to ${textOf(to)}`;
    if (!firsts.has(path)) firsts.set(path, i + 1);
  });
  const filter = `${fromClient(places, senders)} || frame.number in {${[...firsts.values()].join(', ')}} || ${TELLS}`;
  const read = async (file: string): Promise<Datagram[]> => {
    const datagrams: Datagram[] = [];
    for await (const layers of dissect({ file, keyLog, filter })) {
      const { number, ...seen } = readDatagram(layers);
      datagrams.push({ ...seen, ...places[number - 1]!, sender: senders[number - 1]! });
    }
    return datagrams;
  };
  const datagrams = await read(capture.file);
  const isClosed = datagrams.some(({ packets }) =>
    packets.some(({ kind, isOpened }) => kind === '1-RTT' && !isOpened),
  );
  if (!isClosed) return datagrams;
  const directory = await mkdtemp(join(tmpdir(), 'one-path-'));
  try {
    const file = join(directory, 'one-path.pcap');
    await writeFile(file, ontoOnePath(await readFile(capture.file), senders));
    return await read(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Datagrams without STREAM frames, and those with frames that validate a path. RFC 9000 §19.8, §19.17 */
const TELLS = '!(quic.frame_type in {8 .. 15}) || quic.frame_type in {26, 27}';

/** Datagrams to ports of the server; of two on one path there is one. */
function fromClient(places: Awaited<ReturnType<typeof readPlaces>>, senders: readonly End[]): string {
  const ports = new Set(places.filter((_, i) => senders[i] === 'client').map(({ to }) => to.port));
  return `udp.dstport in {${[...ports].join(', ')}}`;
}
