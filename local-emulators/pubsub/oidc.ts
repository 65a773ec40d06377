import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** Who Google's tokens say they come from. */
export const issuer = 'https://accounts.google.com'

const lifeSeconds = 3600
/** A token is made anew when it has less than this to live. */
const freshSeconds = 300

interface Token {
  text: string
  expires: number
}

/** Signs the OIDC tokens of pushes with a key made at start, and shows the public key. */
export class OidcSigner {
  readonly jwks: { keys: JWK[] }
  readonly #key: CryptoKey
  readonly #kid: string
  readonly #tokens = new Map<string, Promise<Token>>()

  private constructor(key: CryptoKey, kid: string, jwk: JWK) {
    this.#key = key
    this.#kid = kid
    this.jwks = { keys: [jwk] }
  }

  /** Makes the key. */
  static async create(): Promise<OidcSigner> {
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    const jwk = await exportJWK(publicKey)
    const kid = Buffer.from(jwk.n ?? '', 'base64url')
      .subarray(0, 20)
      .toString('hex')
    return new OidcSigner(privateKey, kid, { ...jwk, kid, use: 'sig', alg: 'RS256' })
  }

  /** A token for a service account and an audience; the same one until it grows old. */
  async token(email: string, audience: string, nowMs: number): Promise<string> {
    const now = Math.floor(nowMs / 1000)
    const id = JSON.stringify([email, audience])
    const known = await this.#tokens.get(id)
    if (known && known.expires - now > freshSeconds) return known.text
    const made = this.#sign(email, audience, now)
    this.#tokens.set(id, made)
    return (await made).text
  }

  async #sign(email: string, audience: string, now: number): Promise<Token> {
    const subject = String(BigInt(`0x${Buffer.from(email).toString('hex').slice(0, 16) || '0'}`))
    const expires = now + lifeSeconds
    const text = await new SignJWT({ email, email_verified: true, azp: subject })
      .setProtectedHeader({ alg: 'RS256', kid: this.#kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(expires)
      .sign(this.#key)
    return { text, expires }
  }
}
