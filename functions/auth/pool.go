package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// poolTimeout is how long Cognito may take, with the client's retries: the caller waits.
const poolTimeout = 5 * time.Second

// pool is the Cognito user pool. A user who is not in it any more has nothing left to
// sign out of or to delete: then all is well, so that a caller may try again.
type pool struct {
	client *cognitoidentityprovider.Client
	id     string
}

// SignOut revokes every refresh token of the user. Tokens that were issued from them
// before are good until they expire: API Gateway asks nobody about them.
func (p pool) SignOut(ctx context.Context, username string) error {
	ctx, cancel := context.WithTimeout(ctx, poolTimeout)
	defer cancel()
	_, err := p.client.AdminUserGlobalSignOut(ctx, &cognitoidentityprovider.AdminUserGlobalSignOutInput{UserPoolId: &p.id, Username: &username})
	return answer("sign the user out", err)
}

// Delete deletes the user, who cannot sign in any more then.
func (p pool) Delete(ctx context.Context, username string) error {
	ctx, cancel := context.WithTimeout(ctx, poolTimeout)
	defer cancel()
	_, err := p.client.AdminDeleteUser(ctx, &cognitoidentityprovider.AdminDeleteUserInput{UserPoolId: &p.id, Username: &username})
	return answer("delete the user of the user pool", err)
}

// answer makes what Cognito refused a problem: the caller may try again.
func answer(doing string, err error) error {
	var gone *types.UserNotFoundException
	if err == nil || errors.As(err, &gone) {
		return nil
	}
	return fmt.Errorf("%s: %w: %w", doing, httpapi.Unavailable(), err)
}
