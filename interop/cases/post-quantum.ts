import { type Case, DEFAULTS, judgeDelivery, judgeOneConnection } from './case.ts';

const X25519MLKEM768 = 0x11ec;

/** The keys come from an exchange that holds against quantum computers. draft-ietf-tls-ecdhe-mlkem */
export const postQuantum: Case = {
  ...DEFAULTS,
  name: 'postquantum',
  about: 'a key exchange by X25519MLKEM768, 10 KiB',
  files: [{ name: '10k.bin', bytes: 10 << 10 }],
  handshakeSuffices: true,
  postQuantum: true,
  judge: (evidence) => [
    ...judgeDelivery(evidence),
    ...judgeOneConnection(evidence),
    ...(evidence.wire.chosenGroup === X25519MLKEM768
      ? []
      : [`the server chose group ${evidence.wire.chosenGroup}`]),
  ],
};
