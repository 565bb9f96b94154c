package unsubscribe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/unsubscribe"
)

// mac signs as RFC 7515 says, without the library that verifies.
func mac(content, key string) string {
	sum := hmac.New(sha256.New, []byte(key))
	sum.Write([]byte(content))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// FuzzVerify makes tokens of any header and any claims, signed by the present key, the
// one before it, another, or not at all, and mends their ends: what verifies was signed
// by a key of ours, for this purpose, for that user, and is not over. Nothing else has
// any other effect than ErrInvalid, which has no key in it.
func FuzzVerify(f *testing.F) {
	claims := `{"aud":["unsubscribe"],"iss":"goal-mandala","sub":"` + user + `","exp":1800000000}`
	for by := range uint8(5) {
		f.Add(`{"alg":"HS256","typ":"JWT"}`, claims, by, "")
		f.Add(`{"alg":"none"}`, claims, by, "")
	}
	f.Add(`{"alg":"HS256"}`, strings.Replace(claims, "1800000000", "1", 1), uint8(0), "")
	f.Add(`{"alg":"HS512"}`, strings.Replace(claims, user, "none", 1), uint8(0), ".")
	f.Add(`{"alg":"HS256","crit":["b64"],"b64":false}`, strings.Replace(claims, `["unsubscribe"]`, `"other"`, 1), uint8(1), "=")
	f.Fuzz(func(t *testing.T, header, payload string, by uint8, end string) {
		keys := []string{key(0), key(1), key(2), ""} // present, previous, of somebody else, none
		content := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		token := content + "."
		if int(by) < len(keys) {
			token += mac(content, keys[by])
		}
		token += end
		if by == 255 {
			token = header // as it comes
		}
		got, err := tokens(&manager{versions: keys[:2]}, start).Verify(t.Context(), token)
		if err != nil {
			if !errors.Is(err, unsubscribe.ErrInvalid) || got != "" || strings.Contains(err.Error(), key(0)) || strings.Contains(err.Error(), key(1)) {
				t.Errorf("%q: %q, %v", token, got, err)
			}
			return
		}
		parts := strings.Split(token, ".")
		if len(parts) != 3 || !slices.Contains([]string{mac(parts[0]+"."+parts[1], key(0)), mac(parts[0]+"."+parts[1], key(1))}, parts[2]) {
			t.Fatalf("%q was not signed here", token)
		}
		var said struct {
			Aud any     `json:"aud"`
			Iss string  `json:"iss"`
			Sub string  `json:"sub"`
			Exp float64 `json:"exp"`
		}
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(claims, &said); err != nil {
			t.Fatalf("%s: %v", claims, err)
		}
		audience, _ := json.Marshal(said.Aud)
		_, isID := domain.ParseID(said.Sub)
		if !strings.Contains(string(audience), `"unsubscribe"`) || said.Iss != "goal-mandala" || !isID || domain.ID(said.Sub) != got {
			t.Errorf("%s is %q", claims, got)
		}
		if !start.Before(time.Unix(int64(said.Exp)+1, 0)) {
			t.Errorf("%s was over", claims)
		}
	})
}
