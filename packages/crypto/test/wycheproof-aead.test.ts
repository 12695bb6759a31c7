import { type AeadName, TAG_LENGTH } from '@tsquic/crypto';
import { concatBytes, equalBytes, fromHex } from '@tsquic/bytes';
import { type Case, type Group, type Judge, noRandom, runWycheproof } from './wycheproof.ts';

const HEADROOM = 3;

/** Packet number 0 leaves the IV as the nonce. Other nonce and tag sizes do not occur in QUIC. */
function judgeAead(name: (group: Group) => AeadName | undefined): Judge {
  return (createProvider, group, testCase) => {
    const aead = name(group);
    if (aead === undefined || group['ivSize'] !== 96 || group['tagSize'] !== 128) return 'not applicable';
    const bytes = (field: string): Uint8Array => fromHex(testCase[field] as string);
    const provider = createProvider(noRandom);
    const cipher = provider.createAead(aead, bytes('key'), bytes('iv'));
    const header = bytes('aad');
    const payloadAt = HEADROOM + header.length;
    const packet = concatBytes(new Uint8Array(HEADROOM), header, bytes('ct'), bytes('tag'));
    const plain = concatBytes(new Uint8Array(HEADROOM), header, bytes('msg'), new Uint8Array(TAG_LENGTH));
    const end = plain.length - TAG_LENGTH;
    const sealed = plain.slice();
    cipher.seal(0, sealed, HEADROOM, payloadAt, end);
    if (equalBytes(sealed, packet) !== isSealable(testCase)) return disagree(testCase);
    if (!cipher.open(0, packet, HEADROOM, payloadAt, packet.length)) return 'refused';
    return equalBytes(packet.subarray(0, end), plain.subarray(0, end)) ? 'accepted' : 'refused';
  };
}

/** Cases with a changed tag carry the ciphertext of the message beside a tag that does not fit. */
function isSealable(testCase: Case): boolean {
  return testCase.result === 'valid';
}

function disagree(testCase: Case): 'accepted' | 'refused' {
  return testCase.result === 'valid' ? 'refused' : 'accepted';
}

runWycheproof(
  'aes_gcm_test.json',
  judgeAead((group) => {
    if (group['keySize'] === 128) return 'aes-128-gcm';
    return group['keySize'] === 256 ? 'aes-256-gcm' : undefined;
  }),
  () => false,
);
runWycheproof(
  'chacha20_poly1305_test.json',
  judgeAead(() => 'chacha20-poly1305'),
  () => false,
);
