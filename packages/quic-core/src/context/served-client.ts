import type { ChosenServerOptions, ClientHelloFacts } from '@tsquic/tls13';
import { servedSettings } from '../config/served-options.ts';
import type { Settings } from '../config/settings.ts';
import type { ConnectionParts } from '../connection/parts.ts';

/** What the program chose for a client: settings for QUIC, options for TLS. */
interface ServedClient {
  readonly settings: Settings;
  readonly tls: ChosenServerOptions;
}

/**
 * Ask the program for the options of a client whose ClientHello was read; undefined where all clients have the same. Throws
 * what the program throws, and `QuicUsageError` for options that make no sense.
 */
export function chosenFor(
  settings: Settings,
  { paths, fields }: Pick<ConnectionParts, 'paths' | 'fields'>,
  { serverName, alpn, offered }: ClientHelloFacts,
): ServedClient | undefined {
  const from = paths.active.remote;
  const version = fields.version.current.id;
  const options = settings.options.optionsFor?.({ serverName, alpn, offered, from, version });
  if (options === undefined) return undefined;
  const served = servedSettings(settings, options);
  const { clientCertificate } = options;
  const identity = options.identity && settings.identities.checked(options.identity, serverName);
  return {
    settings: served,
    tls: {
      ...(identity === undefined ? {} : { identity: () => identity }),
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
      ...(served.verifier === undefined ? {} : { verifier: served.verifier }),
    },
  };
}
