export { encryptBlock, setMaskKey } from './aes-block';
export { openAes, sealAes, setAesKey } from './aes-gcm';
export { openChacha, sealChacha } from './chacha20-poly1305';
export { MOST_HEADER, MOST_PAYLOAD, PAYLOAD, SLOT_BYTES, SLOTS } from './memory';
