import { expect, test } from '@jest/globals';
import { createUploadClient, createUploadServer } from '../../../benchmarks/ports/upload.ts';
import { openNodePort } from '../src/node-port.ts';
import { type PacketLoop, startPacketLoop } from '../src/packet-loop.ts';

test('an upload survives a client that changes its socket twice', async () => {
  const openPort = (): ReturnType<typeof openNodePort> => openNodePort({ ip: '127.0.0.1' });
  let received = { bytes: 0, checksum: '' };
  let end = '';
  const loops: PacketLoop[] = [];
  const server = createUploadServer((bytes, checksum) => (received = { bytes, checksum }));
  const client = createUploadClient(3_000_000, (kind) => {
    end = kind;
    for (const loop of loops) loop.stop();
  });
  const ports = new Set<number>();
  loops.push(await startPacketLoop({ ...server, openPort }));
  loops.push(
    await startPacketLoop({
      ...client,
      openPort,
      onLoopEvent: (event) => {
        if (event.type === 'port-update') ports.add(event.local.port);
      },
      onEvent: (event) => {
        client.onEvent(event);
        if (event.type !== 'confirmed') return;
        setTimeout(() => void loops[1]?.rebind(), 5);
        setTimeout(() => void loops[1]?.rebind(), 25);
      },
    }),
  );
  client.start(loops[0]!.local, loops[1]!.nowUs());
  loops[1]!.wakeUp();
  await Promise.all(loops.map(({ ended }) => ended));
  expect(end).toBe('done');
  expect(received).toEqual({ bytes: 3_000_000, checksum: client.checksum });
  expect(ports.size).toBeGreaterThan(1);
});
