// A node:tls file server for comparison: sends the file to whoever connects. Arguments: FILE CERT KEY
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const [file, cert, key] = process.argv.slice(2);
const server = createServer(
  { cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.3' },
  (socket) => {
    socket.on('error', () => socket.destroy());
    if (file === '-') socket.end();
    else createReadStream(file, { highWaterMark: 256 * 1024 }).pipe(socket);
  },
);
server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));

process.once('SIGTERM', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxRssBytes: maxRSS * 1024 };
  console.log(JSON.stringify(usage));
  process.exit(0);
});
