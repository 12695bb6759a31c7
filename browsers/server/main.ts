// The server of `pnpm browsers`, which takes the script of its pages, and the directory for its qlog and its secrets, if any.
//   node -C tsquic-src --import ./tools/ts.mjs browsers/server/main.ts cert.pem key.pem page.js [directory]
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from 'tsquic/http3';
import { openRecords } from '../../interop/endpoint/records.ts';
import { SeenFrames } from './seen-frames.ts';
import { createHandler, PlannedFault } from './routes.ts';
import { createWebTransport, type SeenSessions } from './web-transport.ts';

const [, , ...places] = process.argv;
const [cert = '', key = '', page = ''] = places.slice(0, 3).map((file) => readFileSync(file, 'utf8'));
const [, , , logs = ''] = places;
const hash = createHash('sha256').update(new X509Certificate(cert).raw).digest();
const sessions: SeenSessions = new Map();
const frames = new SeenFrames();
const records = openRecords({
  keyLog: logs === '' ? '' : join(logs, 'keys.log'),
  qlogDirectory: logs === '' ? '' : join(logs, 'qlog'),
});
const server = await serve(
  {
    ...{ host: '127.0.0.1', cert, key, ...records.options },
    core: { tracer: frames.tracer(records.options.core?.tracer) },
    earlyData: true,
    extensions: [createWebTransport(sessions, frames)],
    http3: { maxFieldSectionSize: 65_536 },
    onError: (error) => {
      if (!(error instanceof PlannedFault)) console.error(error);
    },
  },
  createHandler({ page, hash, sessions }),
);
console.log(`listening on 127.0.0.1:${server.address.port}`);

process.once('SIGTERM', () => void server.close().finally(() => records.close()));
