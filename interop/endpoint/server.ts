import { isIPv6 } from 'node:net';
import { listen, type ListenOptions, type QuicConnection, type QuicListener } from 'tsquic';
import type { Http3Server } from 'tsquic/http3';
import { ownAddresses, parsePreferred } from './addresses.ts';
import { commonOptions, pem } from './common-options.ts';
import type { Contract } from './contract.ts';
import { serveOverHttp3 } from './http3.ts';
import { answerRequest } from './hypertext.ts';
import { beginKeyUpdate } from './key-update.ts';
import type { Records } from './records.ts';
import { serveWebTransport } from './webtransport-server.ts';

/** Serves the files of the contract, in its manner, until `stop` resolves. */
export async function runServer(contract: Contract, records: Records, stop: Promise<void>): Promise<void> {
  const options = listenOptions(contract, records);
  const listener = await open(contract, options);
  const { ip, port } = listener.address;
  console.log(`listening on ${isIPv6(ip) ? `[${ip}]` : ip}:${port}`);
  await stop;
  await listener.close();
}

function open(contract: Contract, options: ListenOptions): Promise<Http3Server | QuicListener> {
  const { webTransport, manner, www } = contract;
  if (webTransport !== undefined) return serveWebTransport(webTransport, contract, options);
  if (manner.http3) return serveOverHttp3(options, www);
  return listen(options, (connection) => serve(connection, contract));
}

function listenOptions(contract: Contract, records: Records): ListenOptions {
  const { certificate, key, host, port, manner } = contract;
  const named = manner['preferred-address'];
  const common = commonOptions(contract, records);
  return {
    ...common,
    ...(host !== undefined && { host }),
    port,
    cert: pem(certificate),
    key: pem(key),
    earlyData: manner['early-data'],
    ...(manner['prefer-address'] && { preferredAddress: ownAddresses(host, port + 1) }),
    core: {
      ...common.core,
      ...(manner.retry && { retry: 'always' }),
      // Unlike the option of the same name of `listen`, it binds nothing.
      ...(named !== undefined && { preferredAddress: parsePreferred(named) }),
    },
  };
}

async function serve(connection: QuicConnection, { manner, www }: Contract): Promise<void> {
  const { readable, writable } = connection.datagrams;
  if (manner.datagrams) readable.pipeTo(writable).catch(() => undefined);
  if (manner['update-keys']) await beginKeyUpdate(connection);
  for await (const stream of connection) {
    answerRequest(stream, www).catch((error: unknown) => console.error(`no answer: ${String(error)}`));
  }
}
