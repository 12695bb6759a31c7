import { fromHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Identity } from '@tsquic/tls13';

/** The name the test certificate is for; it also names `*.server.test`, `localhost`, 127.0.0.1, 10.0.0.1 and 10.0.0.2. */
export const TEST_SERVER_NAME = 'server.test';

/** An instant at which the test certificates are valid: 1 January 2030. Unix time, microseconds. */
export const TEST_UNIX_TIME_US = 1_893_456_000_000_000;

/**
 * The certificate and key of simulated servers. The key is Ed25519, whose signatures are deterministic, so
 * that runs with the same seed send the same bytes. The key is public, so it is for tests only.
 *
 * @param chainBytes - repeat the root behind the leaf until the chain has at least this many bytes of DER.
 */
export function createTestIdentity(crypto: CryptoProvider, chainBytes = 0): Identity {
  const root = testRootCertificate();
  const chain = [fromHex(LEAF_CERTIFICATE)];
  for (let bytes = chain[0]!.length; bytes < chainBytes; bytes += root.length) chain.push(root);
  return { chain, signer: crypto.createSigner(fromHex(LEAF_KEY)) };
}

/** The root that signed the test certificate, DER: the trust anchor for clients that verify. */
export function testRootCertificate(): Uint8Array {
  return fromHex(ROOT_CERTIFICATE);
}

const ROOT_CERTIFICATE = `
  308201593082010ba003020102021468b419eba674584c0e4a6bc6911af50d0043df23300506032b65703019311730150603
  5504030c0e53696d756c6174656420526f6f743020170d3236313132323137333735375a180f323132363130323931373337
  35375a30193117301506035504030c0e53696d756c6174656420526f6f74302a300506032b65700321004c76cbf10f451681
  68c91bb9e7ae4508f6fd11d8c3261708b501dd69deb2081aa3633061301d0603551d0e0416041473855c6d0203b3ee04f09d
  f53d17f1ff2a05816d301f0603551d2304183016801473855c6d0203b3ee04f09df53d17f1ff2a05816d300f0603551d1301
  01ff040530030101ff300e0603551d0f0101ff040403020106300506032b65700341004e3bd9c3b16ae7deacc45ae5b76aeb
  1203ae9e6dfd7a43686023367286d5e86e9f1a259532e953269af27d43c1b56da1d65d93d171e221ed049f6457a878860b`;

const LEAF_CERTIFICATE = `
  308201b83082016aa00302010202145afb041c600ef498328920b891b6ebe1c5de48a9300506032b65703019311730150603
  5504030c0e53696d756c6174656420526f6f743020170d3236313132323137333735375a180f323132363130323931373337
  35375a30163114301206035504030c0b7365727665722e74657374302a300506032b6570032100eac22ad690e994e2235b07
  a505c7ca028c618654886af0c88acda049a904f401a381c43081c1300c0603551d130101ff04023000300e0603551d0f0101
  ff040403020780301d0603551d250416301406082b0601050507030106082b0601050507030230420603551d11043b303982
  0b7365727665722e74657374820d2a2e7365727665722e7465737482096c6f63616c686f737487047f00000187040a000002
  87040a000001301d0603551d0e041604147f2f7c2fba69b302302d8408d906b3220cc695bc301f0603551d23041830168014
  73855c6d0203b3ee04f09df53d17f1ff2a05816d300506032b6570034100fcd59d5a004da6ad040cda783708cec0460f27b5
  ce5d2c0e1a581b167746521f03ee6c776bcfb05ca484fcf7c1aca61556c35149796941aa62844d910cb04602`;

const LEAF_KEY = `
  302e020100300506032b657004220420ec4b776ea69a07359bed24253eb71330ae9cae1cd8eb981bb1133ba1ab5c8807`;
