package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// poolOf gives the environment's user pool.
func poolOf(ctx context.Context, s *Subject) (*types.UserPoolType, error) {
	return recall(ctx, "user pool", func(ctx context.Context) (*types.UserPoolType, error) {
		id, err := s.Output("user_pool_id")
		if err != nil {
			return nil, err
		}
		found, err := cognitoidentityprovider.NewFromConfig(s.AWS).DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: &id})
		if answered(err, "ResourceNotFoundException") {
			return nil, &Failure{Reasons: []string{"there is no user pool " + id}}
		}
		if err != nil {
			return nil, fmt.Errorf("user pool %s: %w", id, err)
		}
		return found.UserPool, nil
	})
}

func identityChecks() []Check {
	describe := "cognito-idp:DescribeUserPool"
	return []Check{
		{
			ID: "security.user-pool-passwords", Title: "passwords have 8 characters or more, of all four classes", Requirements: []string{"R1.6"}, Reads: []string{describe},
			Remedy: "apply the layer auth; passwords set meanwhile stay as they are until their users change them",
			Run:    poolPasswords,
		},
		{
			ID: "security.user-pool", Title: "users sign in by a confirmed e-mail address, have the application's attributes, and the pool is protected from deletion", Requirements: []string{"R1.6"}, Reads: []string{describe},
			Remedy: "apply the layer auth; what Cognito lets nobody change on a pool, such as its attributes, takes a new one",
			Run:    poolSettings,
		},
		{
			ID: "security.user-pool-mfa", Title: "users may have a second factor, by TOTP", Requirements: []string{"R1.6"}, Reads: []string{"cognito-idp:GetUserPoolMfaConfig"},
			Remedy: "apply the layer auth (auth.mfa)",
			Run:    poolMFA,
		},
		{
			ID: "security.user-pool-threats", Title: "threat protection blocks compromised credentials and adapts to risk", Requirements: []string{"R1.6"}, Reads: []string{describe, "cognito-idp:DescribeRiskConfiguration"},
			Remedy: "apply the layer auth (auth.threat_protection); it needs the pool's tier Plus",
			Run:    poolThreats,
		},
		{
			ID: "security.user-pool-client", Title: "the application's client has no secret, signs in by SRP, and its tokens end and can be revoked", Requirements: []string{"R1.6"}, Reads: []string{"cognito-idp:DescribeUserPoolClient"},
			Remedy: "apply the layer auth",
			Run:    poolClient,
		},
		{
			ID: "security.user-pool-mail", Title: "the user pool's mail goes through SES where the environment has a verified domain", Requirements: []string{"R1.6"}, Reads: []string{describe},
			Remedy: "publish the DKIM records, then apply the layer auth with mail.verified = true",
			Run:    poolMail,
		},
	}
}

func poolPasswords(ctx context.Context, s *Subject) ([]string, error) {
	pool, err := poolOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgePasswords(&v, pool)
	return v.give()
}

func judgePasswords(v *verdict, pool *types.UserPoolType) {
	if pool.Policies == nil || pool.Policies.PasswordPolicy == nil {
		v.must(false, "the user pool has no rule for passwords")
		return
	}
	p := pool.Policies.PasswordPolicy
	v.must(awssdk.ToInt32(p.MinimumLength) >= 8, "passwords may have %d characters", awssdk.ToInt32(p.MinimumLength))
	for class, asked := range map[string]bool{"lower case": p.RequireLowercase, "upper case": p.RequireUppercase, "digits": p.RequireNumbers, "symbols": p.RequireSymbols} {
		v.must(asked, "passwords may be without %s", class)
	}
	v.saw("at least %d characters of four classes", awssdk.ToInt32(p.MinimumLength))
}

func poolSettings(ctx context.Context, s *Subject) ([]string, error) {
	pool, err := poolOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(slices.Equal(pool.UsernameAttributes, []types.UsernameAttributeType{types.UsernameAttributeTypeEmail}) && len(pool.AliasAttributes) == 0, "users sign in by something else than their e-mail address: %v", pool.UsernameAttributes)
	v.must(slices.Contains(pool.AutoVerifiedAttributes, types.VerifiedAttributeTypeEmail), "e-mail addresses are not confirmed")
	protected := pool.DeletionProtection == types.DeletionProtectionTypeActive
	v.must(protected || !of(deletionProtected, s.Environment), "the user pool is not protected from deletion")
	v.saw("protected from deletion: %t (asked for in %s: %t)", protected, s.Environment, of(deletionProtected, s.Environment))
	attributes := map[string]types.SchemaAttributeType{}
	for _, each := range pool.SchemaAttributes {
		attributes[text(each.Name)] = each
	}
	for _, name := range []string{"industry", "company_size", "job_title", "position"} {
		attribute, there := attributes["custom:"+name]
		v.must(there && attribute.AttributeDataType == types.AttributeDataTypeString && awssdk.ToBool(attribute.Mutable), "users have no attribute %s that they may change", name)
	}
	return v.give()
}

func poolMFA(ctx context.Context, s *Subject) ([]string, error) {
	id, err := s.Output("user_pool_id")
	if err != nil {
		return nil, err
	}
	mfa, err := cognitoidentityprovider.NewFromConfig(s.AWS).GetUserPoolMfaConfig(ctx, &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: &id})
	if err != nil {
		return nil, fmt.Errorf("the second factor of user pool %s: %w", id, err)
	}
	var v verdict
	v.must(mfa.MfaConfiguration == types.UserPoolMfaTypeOptional || mfa.MfaConfiguration == types.UserPoolMfaTypeOn, "a second factor is %s", mfa.MfaConfiguration)
	v.must(mfa.SoftwareTokenMfaConfiguration != nil && mfa.SoftwareTokenMfaConfiguration.Enabled, "no second factor by TOTP can be had")
	v.must(mfa.SmsMfaConfiguration == nil, "a text message counts as a second factor")
	v.saw("a second factor is %s", mfa.MfaConfiguration)
	return v.give()
}

func poolThreats(ctx context.Context, s *Subject) ([]string, error) {
	pool, err := poolOf(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := cognitoidentityprovider.NewFromConfig(s.AWS).DescribeRiskConfiguration(ctx, &cognitoidentityprovider.DescribeRiskConfigurationInput{UserPoolId: pool.Id})
	if err != nil {
		return nil, fmt.Errorf("the risks of user pool %s: %w", text(pool.Id), err)
	}
	var v verdict
	mode := types.AdvancedSecurityModeTypeOff
	if pool.UserPoolAddOns != nil {
		mode = pool.UserPoolAddOns.AdvancedSecurityMode
	}
	v.must(mode == types.AdvancedSecurityModeTypeEnforced, "threat protection is %s, not enforced", mode)
	judgeRisks(&v, found.RiskConfiguration, of(mailThroughSES, s.Environment))
	v.saw("threat protection is %s", mode)
	return v.give()
}

// judgeRisks looks at what becomes of a leaked password and of a risky sign-in. Cognito
// takes the second, which tells users by mail, only with a verified domain.
func judgeRisks(v *verdict, risks *types.RiskConfigurationType, mail bool) {
	if risks == nil {
		v.must(false, "nothing is done about risky sign-ins")
		return
	}
	leaked, adaptive := risks.CompromisedCredentialsRiskConfiguration, risks.AccountTakeoverRiskConfiguration
	v.must(leaked != nil && leaked.Actions != nil && leaked.Actions.EventAction == types.CompromisedCredentialsEventActionTypeBlock, "compromised credentials are not blocked")
	if !mail {
		v.saw("adaptive authentication is not asked for: the pool's mail does not go through SES")
		return
	}
	if adaptive == nil || adaptive.Actions == nil || adaptive.Actions.HighAction == nil || adaptive.Actions.MediumAction == nil {
		v.must(false, "authentication does not adapt to risk")
		return
	}
	v.must(adaptive.Actions.HighAction.EventAction == types.AccountTakeoverEventActionTypeBlock, "a sign-in of high risk is not blocked")
	v.must(adaptive.Actions.MediumAction.EventAction != types.AccountTakeoverEventActionTypeNoAction, "a sign-in of medium risk is taken as any other")
}

func poolClient(ctx context.Context, s *Subject) ([]string, error) {
	pool, err := s.Output("user_pool_id")
	if err != nil {
		return nil, err
	}
	id, err := s.Output("user_pool_client_id")
	if err != nil {
		return nil, err
	}
	found, err := cognitoidentityprovider.NewFromConfig(s.AWS).DescribeUserPoolClient(ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: &pool, ClientId: &id})
	if answered(err, "ResourceNotFoundException") {
		return nil, &Failure{Reasons: []string{"the user pool has no client " + id}}
	}
	if err != nil {
		return nil, fmt.Errorf("client %s: %w", id, err)
	}
	var v verdict
	judgeClient(&v, found.UserPoolClient, of(plainOrigins, s.Environment))
	return v.give()
}

func judgeClient(v *verdict, c *types.UserPoolClientType, plain bool) {
	v.must(text(c.ClientSecret) == "", "the client has a secret, which pages cannot keep")
	v.must(same(c.ExplicitAuthFlows, types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth, types.ExplicitAuthFlowsTypeAllowUserSrpAuth), "the client signs in by %v, not by SRP and refresh tokens only", c.ExplicitAuthFlows)
	v.must(awssdk.ToBool(c.AllowedOAuthFlowsUserPoolClient) && slices.Equal(c.AllowedOAuthFlows, []types.OAuthFlowType{types.OAuthFlowTypeCode}), "the client takes the grants %v, not code alone", c.AllowedOAuthFlows)
	for _, address := range slices.Concat(c.CallbackURLs, c.LogoutURLs) {
		v.must(safeOrigin(address, plain), "the client leads back to %s", address)
	}
	units := c.TokenValidityUnits
	if units == nil {
		units = &types.TokenValidityUnitsType{}
	}
	v.must(awssdk.ToInt32(c.AccessTokenValidity) == 60 && units.AccessToken == types.TimeUnitsTypeMinutes, "access tokens live for %d %s, not 60 minutes", awssdk.ToInt32(c.AccessTokenValidity), units.AccessToken)
	v.must(awssdk.ToInt32(c.IdTokenValidity) == 60 && units.IdToken == types.TimeUnitsTypeMinutes, "ID tokens live for %d %s, not 60 minutes", awssdk.ToInt32(c.IdTokenValidity), units.IdToken)
	v.must(c.RefreshTokenValidity == 30 && units.RefreshToken == types.TimeUnitsTypeDays, "refresh tokens live for %d %s, not 30 days", c.RefreshTokenValidity, units.RefreshToken)
	v.must(awssdk.ToBool(c.EnableTokenRevocation), "tokens cannot be revoked")
	v.must(c.PreventUserExistenceErrors == types.PreventUserExistenceErrorTypesEnabled, "errors tell who has signed up")
	v.saw("client %s: %v", text(c.ClientId), c.ExplicitAuthFlows)
}

// safeOrigin reports whether an address is https, or, where that is taken, of a
// developer's own machine.
func safeOrigin(address string, plain bool) bool {
	return strings.HasPrefix(address, "https://") && !strings.Contains(address, "*") ||
		plain && (strings.HasPrefix(address, "http://localhost:") || strings.HasPrefix(address, "http://127.0.0.1:"))
}

func poolMail(ctx context.Context, s *Subject) ([]string, error) {
	pool, err := poolOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	account := types.EmailSendingAccountType("")
	if pool.EmailConfiguration != nil {
		account = pool.EmailConfiguration.EmailSendingAccount
	}
	want := of(mailThroughSES, s.Environment)
	v.must(account == types.EmailSendingAccountTypeDeveloper || !want, "the user pool's mail does not go through SES")
	v.saw("mail by %s (through SES asked for in %s: %t)", account, s.Environment, want)
	return v.give()
}
