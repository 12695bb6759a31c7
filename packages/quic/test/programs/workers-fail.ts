// A server whose only worker fails as soon as it serves. Nothing else keeps this program running; the worker that takes the place
// of the first one says so.
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { createSelfSigned } from 'tsquic/certificates';
import { currentWorker, listenAsWorker, listenInWorkers } from 'tsquic/workers';

const HOST = '127.0.0.1';

if (isMainThread) {
  const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({ hosts: [HOST] });
  const listens = new Int32Array(new SharedArrayBuffer(4));
  await listenInWorkers({
    module: new URL(import.meta.url),
    host: HOST,
    workers: 1,
    data: { cert, key, listens },
    onWorkerError: () => console.log('failed'),
  });
  Atomics.store(listens, 0, 1);
} else {
  const { id, data } = currentWorker()!;
  const { cert, key, listens } = data as {
    readonly cert: string;
    readonly key: string;
    readonly listens: Int32Array;
  };
  await listenAsWorker({ cert, key, ALPNProtocols: ['test'] });
  if (id === 0)
    setInterval(() => {
      if (Atomics.load(listens, 0) === 1) throw new Error('a bug while serving');
    }, 10);
  else process.stdout.write('replaced');
}
