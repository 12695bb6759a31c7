// A node:tls client for comparison: receives into a file. Arguments: PORT CA OUT
import { createWriteStream, readFileSync } from 'node:fs';
import { connect } from 'node:tls';

const [port, ca, out] = process.argv.slice(2);
const started = performance.now();
const socket = connect({
  host: '127.0.0.1',
  port: Number(port),
  ca: readFileSync(ca),
  minVersion: 'TLSv1.3',
});
socket.once('secureConnect', () => {
  const begun = performance.now();
  const file = createWriteStream(out, { highWaterMark: 256 * 1024 });
  socket.pipe(file);
  file.once('close', () => {
    const seconds = (performance.now() - begun) / 1000;
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const bytes = file.bytesWritten;
    const mbps = (bytes * 8) / seconds / 1e6;
    const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
    console.log(
      JSON.stringify({
        bytes,
        seconds,
        mbps,
        handshakeMs: begun - started,
        cpuSeconds,
        maxRssBytes: maxRSS * 1024,
      }),
    );
  });
});
