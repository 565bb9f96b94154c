package apigateway

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// authorize lets a request pass whose caller the method's user pool knows.
func (p *Plane) authorize(c *call) error {
	switch c.method.AuthorizationType {
	case "NONE", "":
		return nil
	case "COGNITO_USER_POOLS":
	default:
		return fmt.Errorf("the local AWS has no authorizers of type %s", c.method.AuthorizationType)
	}
	a, ok := c.stage.authorizers[c.method.AuthorizerID]
	header, isHeader := strings.CutPrefix(a.IdentitySource, "method.request.header.")
	if !ok || !isHeader {
		return authorizerMisconfigured()
	}
	token := c.request.Header.Get(header)
	if after, found := strings.CutPrefix(token, "Bearer "); found {
		token = after
	}
	claims, err := p.keys.verify(c.request.Context(), a.ProviderARNs, token, c.begin)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return unauthorized("The incoming token has expired")
	case errors.Is(err, errUnknownPool):
		return authorizerMisconfigured()
	case err != nil:
		var answer *upstream.Error
		if errors.As(err, &answer) {
			return err
		}
		return unauthorized("Unauthorized")
	}
	if !permitted(claims, c.method.AuthorizationScopes) {
		return unauthorized("Unauthorized")
	}
	c.claims = texts(claims)
	return nil
}

// permitted reports whether a token is of the kind that the method takes: an ID
// token, or, where the method names scopes, an access token with one of them.
func permitted(claims jwt.MapClaims, scopes []string) bool {
	if len(scopes) == 0 {
		return claims["token_use"] == "id"
	}
	scope, _ := claims["scope"].(string)
	return claims["token_use"] == "access" && slices.ContainsFunc(strings.Fields(scope), func(s string) bool {
		return slices.Contains(scopes, s)
	})
}

// texts words claims as API Gateway gives them to functions: all are strings, and
// times are written out.
func texts(claims jwt.MapClaims) map[string]string {
	words := make(map[string]string, len(claims))
	for name, value := range claims {
		switch v := value.(type) {
		case string:
			words[name] = v
		case float64:
			words[name] = strconv.FormatFloat(v, 'f', -1, 64)
			if name == "exp" || name == "iat" {
				words[name] = time.Unix(int64(v), 0).UTC().Format("Mon Jan 02 15:04:05 UTC 2006")
			}
		case []any:
			parts := make([]string, len(v))
			for i, part := range v {
				parts[i] = fmt.Sprint(part)
			}
			words[name] = strings.Join(parts, ",")
		default:
			words[name] = fmt.Sprint(v)
		}
	}
	return words
}

var (
	errUnknownPool   = errors.New("the authorizer names no user pool")
	errUnknownClient = errors.New("the user pool has no such client")
)

// keys verifies tokens. It remembers the keys of user pools and their clients.
type keys struct {
	emulator *upstream.Client

	mu      sync.Mutex
	pools   map[string]map[string]*rsa.PublicKey // by pool and key id
	clients map[string]bool                      // POOL/CLIENT that exist
}

func newKeys(emulator *upstream.Client) *keys {
	return &keys{emulator: emulator, pools: map[string]map[string]*rsa.PublicKey{}, clients: map[string]bool{}}
}

func (k *keys) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.pools)
	clear(k.clients)
}

// verify gives the claims of a token that one of the pools signed for one of its
// clients, and that is not over.
func (k *keys) verify(ctx context.Context, providers []string, token string, now time.Time) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	var pool, region string
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		issuer, err := claims.GetIssuer()
		if err != nil {
			return nil, err
		}
		for _, provider := range providers {
			// arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID
			parts := strings.Split(provider, ":")
			if len(parts) != 6 || !strings.HasPrefix(parts[5], "userpool/") {
				return nil, errUnknownPool
			}
			id := strings.TrimPrefix(parts[5], "userpool/")
			if issuer == "https://cognito-idp."+parts[3]+".amazonaws.com/"+id {
				pool, region = id, parts[3]
				kid, _ := t.Header["kid"].(string)
				return k.key(ctx, region, pool, kid)
			}
		}
		return nil, errors.New("another pool signed the token")
	})
	if err != nil {
		return nil, err
	}
	client, _ := claims["aud"].(string)
	if claims["token_use"] == "access" {
		client, _ = claims["client_id"].(string)
	}
	return claims, k.client(ctx, region, pool, client)
}

// key gives a key of a pool.
func (k *keys) key(ctx context.Context, region, pool, kid string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	found := k.pools[pool][kid]
	k.mu.Unlock()
	if found != nil {
		return found, nil
	}
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	if err := k.emulator.Get(ctx, "cognito-idp", region, "/"+pool+"/.well-known/jwks.json", &set); err != nil {
		return nil, fmt.Errorf("asking for the keys of %s: %w", pool, err)
	}
	read := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		n, err := base64.RawURLEncoding.DecodeString(key.N)
		if err != nil {
			return nil, err
		}
		e, err := base64.RawURLEncoding.DecodeString(key.E)
		if err != nil {
			return nil, err
		}
		read[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pools[pool] = read
	if read[kid] == nil {
		return nil, errors.New("the pool has no such key")
	}
	return read[kid], nil
}

// client fails unless the pool has the client.
func (k *keys) client(ctx context.Context, region, pool, client string) error {
	k.mu.Lock()
	known := k.clients[pool+"/"+client]
	k.mu.Unlock()
	if known {
		return nil
	}
	input := map[string]string{"UserPoolId": pool, "ClientId": client}
	err := k.emulator.Call(ctx, "cognito-idp", region, "1.1", "AWSCognitoIdentityProviderService.DescribeUserPoolClient", input, nil)
	if upstream.Is(err, "ResourceNotFoundException") {
		return errUnknownClient
	}
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clients[pool+"/"+client] = true
	return nil
}
