/**
 * Chooses the server of a QUIC flow for nginx's stream module, by njs: the first datagram of a flow has a connection ID, which
 * names the server where a server has issued it. draft-ietf-quic-load-balancers
 *
 * The variable `quic_lb_configs` has the configurations that servers use, separated by commas. Each is a configuration ID, the
 * length of a server ID, the length of a nonce and, unless connection IDs are in the clear, a key of 32 hexadecimal digits.
 *
 * njs of Debian 12 knows neither classes nor destructuring.
 */

/** What the first datagram of this flow told: njs has these variables anew for each flow. */
let connectionId = '';
let serverId = '';

/** For `js_preread`. Datagrams that tell nothing pass as well: `server` is then empty. */
function preread(session) {
  session.on('upstream', function (data) {
    if (data.length === 0) return;
    const found = route(data, parseConfigs(session.variables.quic_lb_configs));
    connectionId = found.connectionId;
    serverId = found.serverId;
    session.done();
  });
}

/** For `js_set`: the server ID in hexadecimal digits; '' where no server has issued the connection ID. */
function server() {
  return serverId;
}

/** For `js_set`: the connection ID, by which `hash` keeps the first datagrams of a client together. */
function destination() {
  return connectionId;
}

/**
 * The connection ID and the server ID of a datagram, in hexadecimal digits. Of a short header, which does not tell the length,
 * the connection ID is what its configuration says.
 */
function route(datagram, configs) {
  const isLong = (datagram[0] & 0x80) !== 0;
  const at = isLong ? 6 : 1;
  const end = isLong ? at + datagram[5] : datagram.length;
  if (!(end > at) || end > datagram.length) return { connectionId: '', serverId: '' };
  const config = configs[datagram[at] >>> 5];
  const isRoutable = config !== undefined && at + 1 + config.serverIdLength + config.nonceLength <= end;
  if (!isRoutable)
    return { connectionId: toHex(datagram, at, isLong ? end : Math.min(end, at + 8)), serverId: '' };
  const length = config.serverIdLength + config.nonceLength;
  const text = [];
  for (let i = 0; i < length; i++) text.push(datagram[at + 1 + i]);
  if (config.key !== undefined) decrypt(text, config.key);
  return {
    connectionId: toHex(datagram, at, isLong ? end : at + 1 + length),
    serverId: toHex(text, 0, config.serverIdLength),
  };
}

/** Configurations by their ID. */
function parseConfigs(text) {
  const configs = [];
  (text || '').split(',').forEach(function (part) {
    const words = part.trim().split(/\s+/);
    if (words.length < 3) return;
    configs[Number(words[0])] = {
      serverIdLength: Number(words[1]),
      nonceLength: Number(words[2]),
      key: words[3] === undefined ? undefined : expandKey(fromHex(words[3])),
    };
  });
  return configs;
}

/** Undo the ciphers of QUIC-LB in place: one pass of AES for 16 bytes, four passes of a Feistel network for other lengths. */
function decrypt(text, key) {
  if (text.length === 16) return decryptBlock(text, key);
  const length = text.length;
  const half = Math.ceil(length / 2);
  const isOdd = length % 2 === 1;
  const left = text.slice(0, half);
  const right = text.slice(length - half);
  if (isOdd) {
    left[half - 1] &= 0xf0;
    right[0] &= 0x0f;
  }
  for (let pass = 4; pass >= 1; pass--) {
    const given = pass % 2 === 1 ? left : right;
    const changed = pass % 2 === 1 ? right : left;
    const block = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length, pass];
    for (let i = 0; i < half; i++) block[i] = given[i];
    encryptBlock(block, key);
    for (let i = 0; i < half; i++) changed[i] ^= block[i];
    if (!isOdd) continue;
    if (pass % 2 === 1) right[0] &= 0x0f;
    else left[half - 1] &= 0xf0;
  }
  for (let i = 0; i < half; i++) text[i] = left[i];
  for (let i = 0; i < half; i++) {
    const at = length - half + i;
    text[at] = isOdd && i === 0 ? left[half - 1] | right[0] : right[i];
  }
}

/** AES-128 of one block, in place. FIPS 197 §5.1 */
function encryptBlock(state, keys) {
  addKey(state, keys, 0);
  for (let round = 1; round <= ROUNDS; round++) {
    const old = state.slice();
    for (let i = 0; i < 16; i++) state[i] = SBOX[old[(5 * i) % 16]];
    if (round < ROUNDS) mixColumns(state, 2, 3, 1, 1);
    addKey(state, keys, round);
  }
}

/** FIPS 197 §5.3 */
function decryptBlock(state, keys) {
  for (let round = ROUNDS; round >= 1; round--) {
    addKey(state, keys, round);
    if (round < ROUNDS) mixColumns(state, 14, 11, 13, 9);
    const old = state.slice();
    for (let i = 0; i < 16; i++) state[(5 * i) % 16] = INVERSE[old[i]];
  }
  addKey(state, keys, 0);
}

function addKey(state, keys, round) {
  for (let i = 0; i < 16; i++) state[i] ^= keys[16 * round + i];
}

function mixColumns(state, a, b, c, d) {
  for (let at = 0; at < 16; at += 4) {
    const column = state.slice(at, at + 4);
    for (let i = 0; i < 4; i++)
      state[at + i] =
        times(column[i], a) ^
        times(column[(i + 1) % 4], b) ^
        times(column[(i + 2) % 4], c) ^
        times(column[(i + 3) % 4], d);
  }
}

/** The round keys, one after the other. FIPS 197 §5.2 */
function expandKey(key) {
  const keys = key.slice();
  let constant = 1;
  for (let at = 16; at < 16 * (ROUNDS + 1); at += 4) {
    let word = keys.slice(at - 4, at);
    if (at % 16 === 0) {
      word = [SBOX[word[1]] ^ constant, SBOX[word[2]], SBOX[word[3]], SBOX[word[0]]];
      constant = times(constant, 2);
    }
    for (let i = 0; i < 4; i++) keys.push(keys[at - 16 + i] ^ word[i]);
  }
  return keys;
}

/** A product in the field of AES. FIPS 197 §4.2 */
function times(x, y) {
  let product = 0;
  for (let bits = y; bits > 0; bits >>= 1) {
    if (bits & 1) product ^= x;
    x = ((x << 1) ^ (x & 0x80 ? 0x1b : 0)) & 0xff;
  }
  return product;
}

/** The substitution of AES: inverses in the field, and an affine map. FIPS 197 §5.1.1 */
function substitution() {
  const box = [0x63];
  // 3 generates all elements but zero, and 0xf6 is its inverse.
  let x = 1;
  let inverse = 1;
  for (let count = 0; count < 255; count++) {
    const rotated = inverse | (inverse << 8);
    box[x] = (inverse ^ (rotated >> 4) ^ (rotated >> 5) ^ (rotated >> 6) ^ (rotated >> 7) ^ 0x63) & 0xff;
    x = times(x, 3);
    inverse = times(inverse, 0xf6);
  }
  return box;
}

function toHex(bytes, start, end) {
  let text = '';
  for (let i = start; i < end; i++) text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);
  return text;
}

function fromHex(text) {
  const bytes = [];
  for (let at = 0; at < text.length; at += 2) bytes.push(parseInt(text.slice(at, at + 2), 16));
  return bytes;
}

const ROUNDS = 10;
const SBOX = substitution();
const INVERSE = [];
SBOX.forEach(function (value, at) {
  INVERSE[value] = at;
});

// oxlint-disable-next-line import/no-default-export -- njs knows no other
export default { preread, server, destination, route, parseConfigs };
