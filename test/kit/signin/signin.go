// Package signin signs users in to a Cognito user pool as the application does: by
// SRP, so that the password never leaves the caller.
package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Tokens are what a sign-in gives; all are secret.
type Tokens struct {
	ID      string // what the REST API takes, without the word Bearer
	Access  string
	Refresh string        // empty after Refresh
	Expires time.Duration // of the access token, from now
}

// ChallengeError is what Cognito asks beyond the password, such as
// SOFTWARE_TOKEN_MFA or NEW_PASSWORD_REQUIRED.
type ChallengeError struct{ Challenge string }

func (e *ChallengeError) Error() string { return "cognito asks for " + e.Challenge }

// SignIn signs a user in at a client without secret. cfg needs no credentials, only
// region and endpoint. A wrong password and an unknown user are a
// NotAuthorizedException of the SDK.
func SignIn(ctx context.Context, cfg aws.Config, poolID, clientID, email, password string) (Tokens, error) {
	const secretBytes = 128
	_, pool, ok := strings.Cut(poolID, "_")
	if !ok {
		return Tokens{}, fmt.Errorf("user pool %q: the id has to be REGION_NAME", poolID)
	}
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	srp, api := newExchange(secret), client(cfg)
	begun, err := api.InitiateAuth(ctx, &cognito.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: &clientID,
		AuthParameters: map[string]string{"USERNAME": email, "SRP_A": srp.public.Text(16)},
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("beginning to sign in: %w", err)
	}
	if begun.ChallengeName != types.ChallengeNameTypePasswordVerifier {
		return Tokens{}, &ChallengeError{Challenge: string(begun.ChallengeName)}
	}
	asked := begun.ChallengeParameters
	user, block := asked["USER_ID_FOR_SRP"], asked["SECRET_BLOCK"]
	signature, at, err := srp.sign(pool, user, password, asked["SALT"], asked["SRP_B"], block, time.Now())
	if err != nil {
		return Tokens{}, fmt.Errorf("answering the password challenge: %w", err)
	}
	answered, err := api.RespondToAuthChallenge(ctx, &cognito.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: &clientID, Session: begun.Session,
		ChallengeResponses: map[string]string{
			"USERNAME": user, "TIMESTAMP": at,
			"PASSWORD_CLAIM_SECRET_BLOCK": block, "PASSWORD_CLAIM_SIGNATURE": signature,
		},
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("signing in: %w", err)
	}
	if answered.ChallengeName != "" {
		return Tokens{}, &ChallengeError{Challenge: string(answered.ChallengeName)}
	}
	return tokens(answered.AuthenticationResult)
}

// Refresh gives new ID and access tokens for a refresh token.
func Refresh(ctx context.Context, cfg aws.Config, clientID, refresh string) (Tokens, error) {
	answer, err := client(cfg).InitiateAuth(ctx, &cognito.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: &clientID,
		AuthParameters: map[string]string{"REFRESH_TOKEN": refresh},
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("refreshing the tokens: %w", err)
	}
	return tokens(answer.AuthenticationResult)
}

// client asks without signature, as a browser does.
func client(cfg aws.Config) *cognito.Client {
	return cognito.NewFromConfig(cfg, func(o *cognito.Options) { o.Credentials = aws.AnonymousCredentials{} })
}

func tokens(result *types.AuthenticationResultType) (Tokens, error) {
	if result == nil || result.IdToken == nil {
		return Tokens{}, errors.New("cognito gave no tokens")
	}
	return Tokens{
		ID: *result.IdToken, Access: aws.ToString(result.AccessToken), Refresh: aws.ToString(result.RefreshToken),
		Expires: time.Duration(result.ExpiresIn) * time.Second,
	}, nil
}
