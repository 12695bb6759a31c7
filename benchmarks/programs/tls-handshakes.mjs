// Sequential node:tls handshakes with the certificate checked. Arguments: PORT CA COUNT
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

const [port, caFile, count] = process.argv.slice(2);
const ca = readFileSync(caFile);

async function shakeHands() {
  const socket = connect({ host: '127.0.0.1', port: Number(port), ca, minVersion: 'TLSv1.3' });
  await once(socket, 'secureConnect');
  if (!socket.authorized) throw new Error('the certificate was not accepted');
  socket.destroy();
}

for (let warm = 0; warm < 20; warm++) await shakeHands();
const begun = performance.now();
for (let done = 0; done < Number(count); done++) await shakeHands();
console.log(
  JSON.stringify({
    succeeded: Number(count),
    perSecond: (Number(count) * 1000) / (performance.now() - begun),
  }),
);
process.exit(0);
