// What both AEADs authenticate: the header and the payload, each padded with zeros to whole blocks, and their lengths.
// RFC 8439 §2.8, SP 800-38D §7.1
import { PAYLOAD } from './memory';

/** Move the header down to whole blocks before the payload; where they begin. */
export function alignHeader(header: i32): usize {
  const at = PAYLOAD - <usize>((header + 15) & ~15);
  memory.copy(at, PAYLOAD - <usize>header, <usize>header);
  memory.fill(at + <usize>header, 0, PAYLOAD - at - <usize>header);
  return at;
}

/** Put zeros behind the payload, up to a whole block, and two numbers of 64 bits; where that ends. */
export function closePayload(payload: i32, first: u64, second: u64): usize {
  v128.store(PAYLOAD + <usize>payload, i64x2(0, 0));
  const end = PAYLOAD + <usize>((payload + 15) & ~15);
  store<u64>(end, first);
  store<u64>(end, second, 8);
  return end + 16;
}
