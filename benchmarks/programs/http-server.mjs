// A server for `bench http3`: answers GET /small with 1 KiB and GET /large with bytes, over HTTP/3, over HTTP/2 of the runtime, or as a bare
// stream of QUIC, or as Bun does over HTTP/3. Arguments: h3|h2|raw|bun CERT KEY
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { listen } from 'tsquic';
import { serve } from 'tsquic/http3';

const [kind, certFile, keyFile] = process.argv.slice(2);
const identity = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
const small = new Uint8Array(1024).fill(7);
const piece = new Uint8Array(256 * 1024).fill(7);

/** So many bytes as a stream. */
function large(bytes) {
  let left = bytes;
  return new ReadableStream(
    {
      pull(controller) {
        if (left === 0) return controller.close();
        const chunk = piece.subarray(0, Math.min(left, piece.length));
        left -= chunk.length;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
}

const sizeOf = (path) => Number(path.split('/').at(-1));

const servers = {
  async h3() {
    const server = await serve({ host: '127.0.0.1', ...identity }, ({ url }) =>
      url.endsWith('/small') ? new Response(small) : new Response(large(sizeOf(url))),
    );
    return server.address.port;
  },
  h2() {
    const server = createSecureServer(identity);
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':path'] === '/small') return stream.end(small);
      let left = sizeOf(headers[':path']);
      const more = () => {
        while (left > 0) {
          const chunk = piece.subarray(0, Math.min(left, piece.length));
          left -= chunk.length;
          if (!stream.write(chunk)) return;
        }
        stream.end();
      };
      stream.on('drain', more);
      more();
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
  },
  bun() {
    const answer = ({ url }) => new Response(url.endsWith('/small') ? small : large(sizeOf(url)));
    return Bun.serve({ hostname: '127.0.0.1', port: 0, http3: true, tls: identity, fetch: answer }).port;
  },
  async raw() {
    const listener = await listen(
      { host: '127.0.0.1', ALPNProtocols: ['raw'], ...identity },
      async (connection) => {
        for await (const stream of connection) {
          const text = await new Response(stream.readable).text();
          void large(sizeOf(text)).pipeTo(stream.writable);
        }
      },
    );
    return listener.address.port;
  },
};
console.log(`listening on 127.0.0.1:${await servers[kind]()}`);

process.once('SIGTERM', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log(JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }));
  process.exit(0);
});
