import { fromHex } from '@tsquic/bytes';

/** The order of P-256's base point, SP 800-186 §3.2.1.3. */
export const P256_ORDER: Uint8Array = /* @__PURE__ */ fromHex(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
);

/** The order of P-384's base point, SP 800-186 §3.2.1.4. */
export const P384_ORDER: Uint8Array = /* @__PURE__ */ fromHex(
  'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);
