package localaws_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/goal-mandala/mandala-deploy/test/kit/signin"
)

const (
	member   = "aki@example.com"
	password = "Mandala-9x9!"
)

// users is a pool as modules/auth makes one, with its application's client.
type users struct {
	to     aws.Config
	admin  *cognito.Client
	page   *cognito.Client // without signature, as in a browser
	pool   string
	client string
}

var poolNumber atomic.Int32

func newUsers(ctx context.Context, to aws.Config, change func(*cognito.CreateUserPoolClientInput)) (*users, error) {
	admin, pool, err := userPool(ctx, to, &cognito.CreateUserPoolInput{
		PoolName:               aws.String(fmt.Sprintf("users-%d", poolNumber.Add(1))),
		AutoVerifiedAttributes: []cognitotypes.VerifiedAttributeType{cognitotypes.VerifiedAttributeTypeEmail},
		UsernameAttributes:     []cognitotypes.UsernameAttributeType{cognitotypes.UsernameAttributeTypeEmail},
		AccountRecoverySetting: &cognitotypes.AccountRecoverySettingType{RecoveryMechanisms: []cognitotypes.RecoveryOptionType{
			{Name: cognitotypes.RecoveryOptionNameTypeVerifiedEmail, Priority: aws.Int32(1)},
		}},
		Schema: []cognitotypes.SchemaAttributeType{
			{Name: aws.String("job_title"), AttributeDataType: cognitotypes.AttributeDataTypeString, Mutable: aws.Bool(true)},
			{Name: aws.String("position"), AttributeDataType: cognitotypes.AttributeDataTypeString, Mutable: aws.Bool(true)},
		},
	})
	if err != nil {
		return nil, err
	}
	in := &cognito.CreateUserPoolClientInput{
		ClientName: aws.String("app"), UserPoolId: pool.Id,
		ExplicitAuthFlows:          []cognitotypes.ExplicitAuthFlowsType{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"},
		PreventUserExistenceErrors: cognitotypes.PreventUserExistenceErrorTypesEnabled,
		ReadAttributes:             []string{"email", "email_verified", "name", "custom:job_title"},
		IdTokenValidity:            aws.Int32(50),
		TokenValidityUnits:         &cognitotypes.TokenValidityUnitsType{IdToken: cognitotypes.TimeUnitsTypeMinutes},
	}
	if change != nil {
		change(in)
	}
	made, err := admin.CreateUserPoolClient(ctx, in)
	if err != nil {
		return nil, err
	}
	page := cognito.NewFromConfig(to, func(o *cognito.Options) { o.Credentials = aws.AnonymousCredentials{} })
	return &users{to: to, admin: admin, page: page, pool: *pool.Id, client: *made.UserPoolClient.ClientId}, nil
}

// allowed is a client that takes passwords: without its patches moto cannot be
// signed in to otherwise.
func allowed(in *cognito.CreateUserPoolClientInput) {
	in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_USER_PASSWORD_AUTH")
}

// join signs a member up; confirmed says whether an administrator confirms.
func (u *users) join(ctx context.Context, confirmed bool) error {
	if _, err := u.page.SignUp(ctx, &cognito.SignUpInput{
		ClientId: &u.client, Username: aws.String(member), Password: aws.String(password),
		UserAttributes: []cognitotypes.AttributeType{
			{Name: aws.String("custom:job_title"), Value: aws.String("Engineer")},
			{Name: aws.String("custom:position"), Value: aws.String("Lead")},
		},
	}); err != nil || !confirmed {
		return err
	}
	if _, err := u.admin.AdminConfirmSignUp(ctx, &cognito.AdminConfirmSignUpInput{UserPoolId: &u.pool, Username: aws.String(member)}); err != nil {
		return err
	}
	_, err := u.admin.AdminUpdateUserAttributes(ctx, &cognito.AdminUpdateUserAttributesInput{
		UserPoolId: &u.pool, Username: aws.String(member),
		UserAttributes: []cognitotypes.AttributeType{{Name: aws.String("email_verified"), Value: aws.String("true")}},
	})
	return err
}

func (u *users) signIn(ctx context.Context) (*cognitotypes.AuthenticationResultType, error) {
	answer, err := u.page.InitiateAuth(ctx, &cognito.InitiateAuthInput{
		AuthFlow: cognitotypes.AuthFlowTypeUserPasswordAuth, ClientId: &u.client,
		AuthParameters: map[string]string{"USERNAME": member, "PASSWORD": password},
	})
	if err != nil {
		return nil, err
	}
	return answer.AuthenticationResult, nil
}

// members makes a pool with one member, confirmed.
func members(ctx context.Context, to aws.Config, change func(*cognito.CreateUserPoolClientInput)) (*users, error) {
	u, err := newUsers(ctx, to, change)
	if err != nil {
		return nil, err
	}
	return u, u.join(ctx, true)
}

func rightPassword(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, nil)
	if err != nil {
		return "", err
	}
	if _, err := signin.SignIn(ctx, to, u.pool, u.client, member, password); err != nil {
		return "refused", nil //nolint:nilerr // moto's salt is no number: that is the answer
	}
	return "signed in", nil
}

func forgedSignature(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, nil)
	if err != nil {
		return "", err
	}
	begun, err := u.page.InitiateAuth(ctx, &cognito.InitiateAuthInput{
		AuthFlow: cognitotypes.AuthFlowTypeUserSrpAuth, ClientId: &u.client,
		AuthParameters: map[string]string{"USERNAME": member, "SRP_A": "abcdef"},
	})
	if err != nil {
		return code(err)
	}
	_, err = u.page.RespondToAuthChallenge(ctx, &cognito.RespondToAuthChallengeInput{
		ChallengeName: begun.ChallengeName, ClientId: &u.client, Session: begun.Session,
		ChallengeResponses: map[string]string{
			"USERNAME": begun.ChallengeParameters["USER_ID_FOR_SRP"], "TIMESTAMP": "Tue Nov 24 02:00:00 UTC 2026",
			"PASSWORD_CLAIM_SECRET_BLOCK": begun.ChallengeParameters["SECRET_BLOCK"], "PASSWORD_CLAIM_SIGNATURE": "Zm9yZ2Vk",
		},
	})
	if err != nil {
		return code(err)
	}
	return "signed in", nil
}

func nobody(ctx context.Context, to aws.Config) (string, error) {
	u, err := newUsers(ctx, to, nil)
	if err != nil {
		return "", err
	}
	_, err = signin.SignIn(ctx, to, u.pool, u.client, "nobody@example.com", password)
	if err == nil || !strings.HasPrefix(err.Error(), "signing in: ") { // the second step
		return fmt.Sprint(err), nil
	}
	name, err := code(err)
	return "challenged, then " + name, err
}

func passwordFlow(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, nil)
	if err != nil {
		return "", err
	}
	if _, err := u.signIn(ctx); err != nil {
		return code(err)
	}
	return "signed in", nil
}

func tokenClaims(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, allowed)
	if err != nil {
		return "", err
	}
	result, err := u.signIn(ctx)
	if err != nil {
		return code(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(*result.IdToken, ".")[1])
	if err != nil {
		return "", err
	}
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"`
		Job      string `json:"custom:job_title"`
		Position string `json:"custom:position"`
		Issued   int    `json:"iat"`
		Ends     int    `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	position := "no position"
	if claims.Position != "" {
		position = claims.Position
	}
	return fmt.Sprintf("%s verified %v %s, %s, %d s", claims.Email, claims.Verified, claims.Job, position, claims.Ends-claims.Issued), nil
}

// renewed gives the error code of a refresh, or "renewed".
func (u *users) renewed(ctx context.Context, client, token string) (string, error) {
	if _, err := signin.Refresh(ctx, u.to, client, token); err != nil {
		return code(err)
	}
	return "renewed", nil
}

func foreignRefresh(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, allowed)
	if err != nil {
		return "", err
	}
	other, err := u.admin.CreateUserPoolClient(ctx, &cognito.CreateUserPoolClientInput{ClientName: aws.String("other"), UserPoolId: &u.pool})
	if err != nil {
		return "", err
	}
	result, err := u.signIn(ctx)
	if err != nil {
		return code(err)
	}
	return u.renewed(ctx, *other.UserPoolClient.ClientId, *result.RefreshToken)
}

func refreshAfterSignOut(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, allowed)
	if err != nil {
		return "", err
	}
	result, err := u.signIn(ctx)
	if err != nil {
		return code(err)
	}
	user, err := u.admin.AdminGetUser(ctx, &cognito.AdminGetUserInput{UserPoolId: &u.pool, Username: aws.String(member)})
	if err != nil {
		return "", err
	}
	if _, err := u.admin.AdminUserGlobalSignOut(ctx, &cognito.AdminUserGlobalSignOutInput{UserPoolId: &u.pool, Username: user.Username}); err != nil {
		return code(err)
	}
	return u.renewed(ctx, u.client, *result.RefreshToken)
}

func wrongCode(ctx context.Context, to aws.Config) (string, error) {
	u, err := newUsers(ctx, to, nil)
	if err != nil {
		return "", err
	}
	if err := u.join(ctx, false); err != nil {
		return "", err
	}
	if _, err := u.page.ConfirmSignUp(ctx, &cognito.ConfirmSignUpInput{
		ClientId: &u.client, Username: aws.String(member), ConfirmationCode: aws.String("no code"),
	}); err != nil {
		return code(err)
	}
	return "confirmed", nil
}

func resentCode(ctx context.Context, to aws.Config) (string, error) {
	u, err := newUsers(ctx, to, nil)
	if err != nil {
		return "", err
	}
	if err := u.join(ctx, false); err != nil {
		return "", err
	}
	sent, err := u.page.ResendConfirmationCode(ctx, &cognito.ResendConfirmationCodeInput{ClientId: &u.client, Username: aws.String(member)})
	if err != nil {
		return code(err)
	}
	return string(sent.CodeDeliveryDetails.DeliveryMedium), nil
}

func signOutEverywhere(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, allowed)
	if err != nil {
		return "", err
	}
	result, err := u.signIn(ctx)
	if err != nil {
		return code(err)
	}
	if _, err := u.page.GlobalSignOut(ctx, &cognito.GlobalSignOutInput{AccessToken: result.AccessToken}); err != nil {
		name, err := code(err)
		return "not signed out: " + name, err
	}
	return u.renewed(ctx, u.client, *result.RefreshToken)
}

func revokedRefresh(ctx context.Context, to aws.Config) (string, error) {
	u, err := members(ctx, to, allowed)
	if err != nil {
		return "", err
	}
	result, err := u.signIn(ctx)
	if err != nil {
		return code(err)
	}
	if _, err := u.page.RevokeToken(ctx, &cognito.RevokeTokenInput{ClientId: &u.client, Token: result.RefreshToken}); err != nil {
		name, err := code(err)
		return "not revoked: " + name, err
	}
	return u.renewed(ctx, u.client, *result.RefreshToken)
}
