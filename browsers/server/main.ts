// The server of `pnpm browsers`; the last file is the script of its pages.
//   node -C tsquic-src --import ./tools/ts.mjs browsers/server/main.ts cert.pem key.pem page.js
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { serve } from 'tsquic/http3';
import { createHandler, PlannedFault } from './routes.ts';
import { createWebTransport, type SeenSessions } from './web-transport.ts';

const [cert = '', key = '', page = ''] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
const hash = createHash('sha256').update(new X509Certificate(cert).raw).digest();
const sessions: SeenSessions = new Map();
const server = await serve(
  {
    ...{ host: '127.0.0.1', cert, key },
    earlyData: true,
    extensions: [createWebTransport(sessions)],
    http3: { maxFieldSectionSize: 65_536 },
    onError: (error) => {
      if (!(error instanceof PlannedFault)) console.error(error);
    },
  },
  createHandler({ page, hash, sessions }),
);
console.log(`listening on 127.0.0.1:${server.address.port}`);

process.once('SIGTERM', () => void server.close());
