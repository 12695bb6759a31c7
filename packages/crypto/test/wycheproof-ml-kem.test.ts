import { concatBytes, equalBytes, fromHex } from '@tsquic/bytes';
import { Group } from '@tsquic/crypto';
import { type Judge, runWycheproof } from './wycheproof.ts';

const X25519_BYTES = 32;
const group = Group.X25519MLKEM768;
/** A key of X25519, on both sides. */
const SCALAR = new Uint8Array(X25519_BYTES).fill(0x42);

/** What is drawn: a key of X25519, then what ML-KEM asks for. */
function drawing(forMlKem: Uint8Array): (out: Uint8Array) => void {
  const rest = [SCALAR, forMlKem];
  return (out) => out.set(rest.shift()!);
}

/** Decapsulation: `seed` makes the key, `c` is for it. */
const judgeDecapsulation: Judge = (createProvider, _group, testCase) => {
  // Seeds are drawn here, always as many bytes as it takes.
  if ((testCase['seed'] as string).length !== 128) return 'not applicable';
  const share = createProvider(drawing(fromHex(testCase['seed'] as string))).generateKeyShare(group);
  const key = testCase['ek'] as string | undefined;
  if (key !== undefined && !equalBytes(share.publicKey.subarray(0, 1184), fromHex(key))) return 'refused';
  const x25519 = share.publicKey.subarray(1184);
  const secret = share.deriveSecret(concatBytes(fromHex(testCase['c'] as string), x25519));
  if (secret === undefined) return 'refused';
  return equalBytes(secret.subarray(0, 32), fromHex(testCase['K'] as string)) ? 'accepted' : 'refused';
};

/** Encapsulation: `m` is drawn, for the key `ek`. */
const judgeEncapsulation: Judge = (createProvider, _group, testCase) => {
  const provider = createProvider(drawing(fromHex(testCase['m'] as string)));
  const x25519 = createProvider(drawing(SCALAR)).generateKeyShare(Group.X25519).publicKey;
  const answer = provider.answerKeyShare(group, concatBytes(fromHex(testCase['ek'] as string), x25519));
  if (answer === undefined) return 'refused';
  const isRight =
    equalBytes(answer.publicKey.subarray(0, 1088), fromHex(testCase['c'] as string)) &&
    equalBytes(answer.secret.subarray(0, 32), fromHex(testCase['K'] as string));
  return isRight ? 'accepted' : 'refused';
};

runWycheproof('mlkem_768_test.json', judgeDecapsulation, () => false);
runWycheproof('mlkem_768_encaps_test.json', judgeEncapsulation, () => false);
