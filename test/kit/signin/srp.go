package signin

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// The group of Cognito: 3072 bits, RFC 5054 (and RFC 3526), with the generator 2.
const groupHex = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33" +
	"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864" +
	"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2" +
	"08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

const (
	keyInfo   = "Caldera Derived Key"
	keyLength = 16 // bytes
	// timestamp is the form of time that Cognito signs: one digit for the days 1 to 9.
	timestamp = "Mon Jan 2 15:04:05 UTC 2006"
)

// exchange is the client's side of one SRP-6a exchange, as Cognito does it.
type exchange struct {
	n, g, k *big.Int
	a       *big.Int // secret
	public  *big.Int // A
}

func newExchange(secret []byte) *exchange {
	n, _ := new(big.Int).SetString(groupHex, 16)
	g := big.NewInt(2)
	a := new(big.Int).SetBytes(secret)
	return &exchange{n: n, g: g, k: number(digest(padded(n), padded(g))), a: a, public: new(big.Int).Exp(g, a, n)}
}

// sign gives the signature by which Cognito knows that the password was known;
// pool is the part of the pool's id after the underscore, block base64.
func (e *exchange) sign(pool, user, password, saltHex, serverHex, block string, now time.Time) (signature, at string, err error) {
	salt, ok := new(big.Int).SetString(saltHex, 16)
	server, good := new(big.Int).SetString(serverHex, 16)
	if !ok || !good {
		return "", "", errors.New("SALT or SRP_B is not a hexadecimal number")
	}
	if new(big.Int).Mod(server, e.n).Sign() == 0 {
		return "", "", errors.New("SRP_B is zero")
	}
	secretBlock, err := base64.StdEncoding.DecodeString(block)
	if err != nil {
		return "", "", fmt.Errorf("SECRET_BLOCK: %w", err)
	}
	u := number(digest(padded(e.public), padded(server)))
	x := number(digest(padded(salt), digest([]byte(pool+user+":"+password))))
	base := new(big.Int).Mul(e.k, new(big.Int).Exp(e.g, x, e.n)) // (B - k g^x) ^ (a + u x)
	base.Sub(server, base).Mod(base, e.n)
	shared := new(big.Int).Exp(base, new(big.Int).Add(e.a, new(big.Int).Mul(u, x)), e.n)
	key, err := hkdf.Key(sha256.New, padded(shared), padded(u), keyInfo, keyLength)
	if err != nil {
		return "", "", err
	}
	at = now.UTC().Format(timestamp)
	mac := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte(pool), []byte(user), secretBlock, []byte(at)} {
		mac.Write(part)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), at, nil
}

func number(content []byte) *big.Int { return new(big.Int).SetBytes(content) }

func digest(parts ...[]byte) []byte {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(part)
	}
	return hash.Sum(nil)
}

// padded gives the bytes of a positive number in two's complement: with a zero in
// front where the first bit is set.
func padded(n *big.Int) []byte {
	content := n.Bytes()
	if len(content) == 0 || content[0] >= 0x80 {
		content = append([]byte{0}, content...)
	}
	return content
}
