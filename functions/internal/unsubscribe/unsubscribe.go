// Package unsubscribe signs the links in mails by which a person stops them without
// signing in.
package unsubscribe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

// ErrInvalid is a token that was not signed here, or for another purpose, or too long ago.
var ErrInvalid = errors.New("the token is not valid")

const (
	// audience binds a token to this purpose: no other token that the same key signs can
	// unsubscribe, and this one can do nothing else.
	audience = "unsubscribe"
	issuer   = "goal-mandala"
	// validity is how long after its mail a link works: people clean up old mail.
	validity = 365 * 24 * time.Hour
	// shortest is the least length of a key for HS256, in bytes (RFC 7518, 3.2).
	shortest = 32
)

// Keys reads a secret.
type Keys interface {
	Get(ctx context.Context, id string) (secret.Value, error)
}

// Tokens signs with the present key, and also takes what the key before it signed, so
// that links outlive the key's replacement.
type Tokens struct {
	Present  Keys
	Previous Keys // over PreviousAPI
	SecretID string
	Clock    func() time.Time
}

// Sign makes the token of a user.
func (t Tokens) Sign(ctx context.Context, user domain.ID) (string, error) {
	key, err := t.Present.Get(ctx, t.SecretID)
	if err != nil {
		return "", err
	}
	if len(key.Reveal()) < shortest {
		return "", fmt.Errorf("secret %s is too short to sign with", t.SecretID)
	}
	now := t.Clock()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{audience}, ExpiresAt: jwt.NewNumericDate(now.Add(validity)),
		IssuedAt: jwt.NewNumericDate(now), Issuer: issuer, Subject: string(user),
	})
	signed, err := token.SignedString([]byte(key.Reveal()))
	if err != nil {
		return "", fmt.Errorf("sign an unsubscribe link: %w", err)
	}
	return signed, nil
}

// Verify gives the user of a token, or ErrInvalid; other errors are those of reading keys.
func (t Tokens) Verify(ctx context.Context, token string) (domain.ID, error) {
	for _, keys := range []Keys{t.Present, t.Previous} {
		key, err := keys.Get(ctx, t.SecretID)
		if err != nil {
			return "", err
		}
		user, err := t.verify(token, key)
		if err == nil {
			return user, nil
		}
		if !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			return "", ErrInvalid // another key would not help
		}
	}
	return "", ErrInvalid
}

func (t Tokens) verify(token string, key secret.Value) (domain.ID, error) {
	if len(key.Reveal()) < shortest { // there is no key before the first replacement
		return "", jwt.ErrTokenSignatureInvalid
	}
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return []byte(key.Reveal()), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience(audience), jwt.WithIssuer(issuer),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(t.Clock))
	if err != nil {
		return "", err
	}
	user, ok := domain.ParseID(claims.Subject)
	if !ok {
		return "", ErrInvalid
	}
	return user, nil
}

// PreviousAPI reads the version of a secret before the present one; it is empty where
// there is none, so that a reader keeps that, too, and forged tokens are no reason to
// ask Secrets Manager each time.
type PreviousAPI struct{ secret.API }

// GetSecretValue asks for the version stage AWSPREVIOUS.
func (p PreviousAPI) GetSecretValue(ctx context.Context, input *secretsmanager.GetSecretValueInput, options ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	previous := *input
	previous.VersionStage = aws.String("AWSPREVIOUS")
	output, err := p.API.GetSecretValue(ctx, &previous, options...)
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return &secretsmanager.GetSecretValueOutput{SecretString: aws.String("")}, nil
	}
	return output, err
}
