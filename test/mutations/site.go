package mutations

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func siteMutations() []mutation {
	distribution := func(name, check string, change func(d *types.DistributionConfig)) mutation {
		return mutation{
			name: name, checks: []string{check},
			change: func(t *testing.T, w *world) func() {
				before := w.distribution(t)
				changed := w.distribution(t)
				change(changed)
				w.setDistribution(t, changed)
				return func() { w.setDistribution(t, before) }
			},
		}
	}
	return []mutation{
		distribution("site by plain HTTP", "security.site-tls", func(d *types.DistributionConfig) {
			d.DefaultCacheBehavior.ViewerProtocolPolicy = types.ViewerProtocolPolicyAllowAll
		}),
		distribution("site for every country", "security.site-distribution", func(d *types.DistributionConfig) {
			d.Restrictions = &types.Restrictions{GeoRestriction: &types.GeoRestriction{RestrictionType: types.GeoRestrictionTypeNone, Quantity: aws.Int32(0)}}
		}),
		distribution("site's requests not logged", "security.site-distribution", func(d *types.DistributionConfig) {
			d.Logging = &types.LoggingConfig{Enabled: aws.Bool(false), IncludeCookies: aws.Bool(false), Bucket: aws.String(""), Prefix: aws.String("")}
		}),
		{
			name: "no HSTS", checks: []string{"security.site-answer", "security.site-headers"},
			change: func(t *testing.T, w *world) func() {
				client, id := cloudfront.NewFromConfig(w.config), w.distribution(t).DefaultCacheBehavior.ResponseHeadersPolicyId
				read := func() *cloudfront.GetResponseHeadersPolicyOutput {
					return got(client.GetResponseHeadersPolicy(t.Context(), &cloudfront.GetResponseHeadersPolicyInput{Id: id}))(t)
				}
				set := func(to *types.ResponseHeadersPolicyConfig) {
					_, err := client.UpdateResponseHeadersPolicy(t.Context(), &cloudfront.UpdateResponseHeadersPolicyInput{Id: id, IfMatch: read().ETag, ResponseHeadersPolicyConfig: to})
					try(t, err)
				}
				before, changed := read().ResponseHeadersPolicy.ResponseHeadersPolicyConfig, read().ResponseHeadersPolicy.ResponseHeadersPolicyConfig
				changed.SecurityHeadersConfig.StrictTransportSecurity = nil
				set(changed)
				return func() { set(before) }
			},
		},
		{
			name: "unsigned requests to the bucket", checks: []string{"security.site-origin"},
			change: func(t *testing.T, w *world) func() {
				client, id := cloudfront.NewFromConfig(w.config), (*string)(nil)
				for _, origin := range w.distribution(t).Origins.Items {
					if aws.ToString(origin.OriginAccessControlId) != "" {
						id = origin.OriginAccessControlId
					}
				}
				set := func(to types.OriginAccessControlSigningBehaviors) {
					found := got(client.GetOriginAccessControl(t.Context(), &cloudfront.GetOriginAccessControlInput{Id: id}))(t)
					config := found.OriginAccessControl.OriginAccessControlConfig
					config.SigningBehavior = to
					_, err := client.UpdateOriginAccessControl(t.Context(), &cloudfront.UpdateOriginAccessControlInput{Id: id, IfMatch: found.ETag, OriginAccessControlConfig: config})
					try(t, err)
				}
				set(types.OriginAccessControlSigningBehaviorsNever)
				return func() { set(types.OriginAccessControlSigningBehaviorsAlways) }
			},
		},
	}
}

func (w *world) distribution(t *testing.T) *types.DistributionConfig {
	t.Helper()
	found := got(cloudfront.NewFromConfig(w.config).GetDistribution(t.Context(), &cloudfront.GetDistributionInput{Id: aws.String(w.output(t, "distribution_id"))}))(t)
	return found.Distribution.DistributionConfig
}

func (w *world) setDistribution(t *testing.T, to *types.DistributionConfig) {
	t.Helper()
	client, id := cloudfront.NewFromConfig(w.config), aws.String(w.output(t, "distribution_id"))
	now := got(client.GetDistribution(t.Context(), &cloudfront.GetDistributionInput{Id: id}))(t)
	_, err := client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: id, IfMatch: now.ETag, DistributionConfig: to})
	try(t, err)
}

func poolMutations() []mutation {
	pool := func(name, check string, change func(to *cognitoidentityprovider.UpdateUserPoolInput)) mutation {
		return mutation{
			name: name, checks: []string{check},
			change: func(t *testing.T, w *world) func() {
				client := cognitoidentityprovider.NewFromConfig(w.config)
				before, changed := w.poolSettings(t), w.poolSettings(t)
				change(changed)
				_, err := client.UpdateUserPool(t.Context(), changed)
				try(t, err)
				return func() {
					_, err := client.UpdateUserPool(t.Context(), before)
					try(t, err)
				}
			},
		}
	}
	return []mutation{
		pool("weak passwords", "security.user-pool-passwords", func(to *cognitoidentityprovider.UpdateUserPoolInput) {
			to.Policies.PasswordPolicy.MinimumLength, to.Policies.PasswordPolicy.RequireSymbols = aws.Int32(6), false
		}),
		pool("threat protection off", "security.user-pool-threats", func(to *cognitoidentityprovider.UpdateUserPoolInput) {
			to.UserPoolAddOns = &cognitotypes.UserPoolAddOnsType{AdvancedSecurityMode: cognitotypes.AdvancedSecurityModeTypeOff}
		}),
		pool("mail past SES", "security.user-pool-mail", func(to *cognitoidentityprovider.UpdateUserPoolInput) {
			to.EmailConfiguration = &cognitotypes.EmailConfigurationType{EmailSendingAccount: cognitotypes.EmailSendingAccountTypeCognitoDefault}
		}),
		{
			name: "MFA off", checks: []string{"security.user-pool-mfa"},
			change: func(t *testing.T, w *world) func() {
				client, id := cognitoidentityprovider.NewFromConfig(w.config), aws.String(w.output(t, "user_pool_id"))
				before := got(client.GetUserPoolMfaConfig(t.Context(), &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: id}))(t)
				set := func(mode cognitotypes.UserPoolMfaType, software *cognitotypes.SoftwareTokenMfaConfigType) {
					_, err := client.SetUserPoolMfaConfig(t.Context(), &cognitoidentityprovider.SetUserPoolMfaConfigInput{UserPoolId: id, MfaConfiguration: mode, SoftwareTokenMfaConfiguration: software})
					try(t, err)
				}
				set(cognitotypes.UserPoolMfaTypeOff, &cognitotypes.SoftwareTokenMfaConfigType{Enabled: false})
				return func() { set(before.MfaConfiguration, before.SoftwareTokenMfaConfiguration) }
			},
		},
		{
			name: "leaked passwords taken", checks: []string{"security.user-pool-threats"},
			change: func(t *testing.T, w *world) func() {
				client, id := cognitoidentityprovider.NewFromConfig(w.config), aws.String(w.output(t, "user_pool_id"))
				before := got(client.DescribeRiskConfiguration(t.Context(), &cognitoidentityprovider.DescribeRiskConfigurationInput{UserPoolId: id}))(t).RiskConfiguration
				set := func(leaked *cognitotypes.CompromisedCredentialsRiskConfigurationType) {
					_, err := client.SetRiskConfiguration(t.Context(), &cognitoidentityprovider.SetRiskConfigurationInput{
						UserPoolId: id, AccountTakeoverRiskConfiguration: before.AccountTakeoverRiskConfiguration,
						CompromisedCredentialsRiskConfiguration: leaked, RiskExceptionConfiguration: before.RiskExceptionConfiguration,
					})
					try(t, err)
				}
				set(&cognitotypes.CompromisedCredentialsRiskConfigurationType{Actions: &cognitotypes.CompromisedCredentialsActionsType{EventAction: cognitotypes.CompromisedCredentialsEventActionTypeNoAction}})
				return func() { set(before.CompromisedCredentialsRiskConfiguration) }
			},
		},
		{
			name: "sign-in by plain password", checks: []string{"security.user-pool-client"},
			change: func(t *testing.T, w *world) func() {
				return w.client(t, func(to *cognitoidentityprovider.UpdateUserPoolClientInput) {
					to.ExplicitAuthFlows = append(to.ExplicitAuthFlows, cognitotypes.ExplicitAuthFlowsTypeAllowUserPasswordAuth)
				})
			},
		},
		{
			name: "tokens cannot be revoked", checks: []string{"security.user-pool-client"},
			change: func(t *testing.T, w *world) func() {
				return w.client(t, func(to *cognitoidentityprovider.UpdateUserPoolClientInput) {
					to.EnableTokenRevocation = aws.Bool(false)
				})
			},
		},
	}
}

// poolSettings gives the user pool as an update takes it: what an update leaves out
// goes back to Cognito's default.
func (w *world) poolSettings(t *testing.T) *cognitoidentityprovider.UpdateUserPoolInput {
	t.Helper()
	pool := got(cognitoidentityprovider.NewFromConfig(w.config).DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(w.output(t, "user_pool_id"))}))(t).UserPool
	return &cognitoidentityprovider.UpdateUserPoolInput{
		UserPoolId: pool.Id, AccountRecoverySetting: pool.AccountRecoverySetting, AdminCreateUserConfig: pool.AdminCreateUserConfig,
		AutoVerifiedAttributes: pool.AutoVerifiedAttributes, DeletionProtection: pool.DeletionProtection, DeviceConfiguration: pool.DeviceConfiguration,
		EmailConfiguration: pool.EmailConfiguration, LambdaConfig: pool.LambdaConfig, MfaConfiguration: pool.MfaConfiguration, Policies: pool.Policies,
		SmsConfiguration: pool.SmsConfiguration, UserAttributeUpdateSettings: pool.UserAttributeUpdateSettings, UserPoolAddOns: pool.UserPoolAddOns,
		UserPoolTags: pool.UserPoolTags, UserPoolTier: pool.UserPoolTier, VerificationMessageTemplate: pool.VerificationMessageTemplate,
	}
}

// client changes the application's client.
func (w *world) client(t *testing.T, change func(to *cognitoidentityprovider.UpdateUserPoolClientInput)) func() {
	t.Helper()
	client := cognitoidentityprovider.NewFromConfig(w.config)
	pool, id := w.output(t, "user_pool_id"), w.output(t, "user_pool_client_id")
	c := got(client.DescribeUserPoolClient(t.Context(), &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: &pool, ClientId: &id}))(t).UserPoolClient
	before := func() *cognitoidentityprovider.UpdateUserPoolClientInput {
		return &cognitoidentityprovider.UpdateUserPoolClientInput{
			UserPoolId: &pool, ClientId: &id, ClientName: c.ClientName, AccessTokenValidity: c.AccessTokenValidity, IdTokenValidity: c.IdTokenValidity,
			RefreshTokenValidity: c.RefreshTokenValidity, TokenValidityUnits: c.TokenValidityUnits, AllowedOAuthFlows: c.AllowedOAuthFlows,
			AllowedOAuthFlowsUserPoolClient: aws.ToBool(c.AllowedOAuthFlowsUserPoolClient), AllowedOAuthScopes: c.AllowedOAuthScopes,
			AuthSessionValidity: c.AuthSessionValidity, CallbackURLs: c.CallbackURLs, DefaultRedirectURI: c.DefaultRedirectURI,
			EnablePropagateAdditionalUserContextData: c.EnablePropagateAdditionalUserContextData, EnableTokenRevocation: c.EnableTokenRevocation,
			ExplicitAuthFlows: append([]cognitotypes.ExplicitAuthFlowsType(nil), c.ExplicitAuthFlows...), LogoutURLs: c.LogoutURLs,
			PreventUserExistenceErrors: c.PreventUserExistenceErrors, ReadAttributes: c.ReadAttributes, SupportedIdentityProviders: c.SupportedIdentityProviders,
			WriteAttributes: c.WriteAttributes,
		}
	}
	changed := before()
	change(changed)
	_, err := client.UpdateUserPoolClient(t.Context(), changed)
	try(t, err)
	return func() {
		_, err := client.UpdateUserPoolClient(t.Context(), before())
		try(t, err)
	}
}

func apiMutations() []mutation {
	stage := func(name, check, path, to, back string) mutation {
		return mutation{
			name: name, checks: []string{check},
			change: func(t *testing.T, w *world) func() {
				id := w.restAPI(t)
				set := func(value string) {
					_, err := apigateway.NewFromConfig(w.config).UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &id, StageName: aws.String("v1"), PatchOperations: []apitypes.PatchOperation{{Op: apitypes.OpReplace, Path: &path, Value: &value}}})
					try(t, err)
				}
				set(to)
				return func() { set(back) }
			},
		}
	}
	return []mutation{
		stage("bodies logged", "security.api-logs", "/*/*/logging/dataTrace", "true", "false"),
		stage("no execution log", "security.api-logs", "/*/*/logging/loglevel", "OFF", "INFO"),
		stage("no limit", "security.api-throttling", "/*/*/throttling/rateLimit", "10000", "1000"),
		{
			name: "route without sign-in", checks: []string{"security.api-authorizer"},
			change: func(t *testing.T, w *world) func() {
				client, id := apigateway.NewFromConfig(w.config), w.restAPI(t)
				resource, post := w.resource(t, "/goals"), aws.String("POST")
				before := got(client.GetMethod(t.Context(), &apigateway.GetMethodInput{RestApiId: &id, ResourceId: &resource, HttpMethod: post}))(t)
				// Made anew: the local AWS changes no method in place.
				set := func(kind string, authorizer *string) {
					_, err := client.DeleteMethod(t.Context(), &apigateway.DeleteMethodInput{RestApiId: &id, ResourceId: &resource, HttpMethod: post})
					try(t, err)
					_, err = client.PutMethod(t.Context(), &apigateway.PutMethodInput{
						RestApiId: &id, ResourceId: &resource, HttpMethod: post, AuthorizationType: &kind, AuthorizerId: authorizer, OperationName: before.OperationName,
						RequestParameters: before.RequestParameters, RequestModels: before.RequestModels, RequestValidatorId: before.RequestValidatorId,
					})
					try(t, err)
					_, err = client.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{
						RestApiId: &id, ResourceId: &resource, HttpMethod: post, Type: before.MethodIntegration.Type, Uri: before.MethodIntegration.Uri,
						IntegrationHttpMethod: before.MethodIntegration.HttpMethod, PassthroughBehavior: before.MethodIntegration.PassthroughBehavior,
						TimeoutInMillis: aws.Int32(before.MethodIntegration.TimeoutInMillis),
					})
					try(t, err)
				}
				set("NONE", nil)
				return func() { set(aws.ToString(before.AuthorizationType), before.AuthorizerId) }
			},
		},
		{
			name: "pages of everybody", checks: []string{"security.api-cors"},
			change: func(t *testing.T, w *world) func() {
				client, id := apigateway.NewFromConfig(w.config), w.restAPI(t)
				resource := w.resource(t, "/goals")
				const header = "method.response.header.Access-Control-Allow-Origin"
				input := &apigateway.GetIntegrationResponseInput{RestApiId: &id, ResourceId: &resource, HttpMethod: aws.String("OPTIONS"), StatusCode: aws.String("204")}
				before := got(client.GetIntegrationResponse(t.Context(), input))(t).ResponseParameters[header]
				set := func(origin string) {
					now := got(client.GetIntegrationResponse(t.Context(), input))(t)
					now.ResponseParameters[header] = origin
					_, err := client.PutIntegrationResponse(t.Context(), &apigateway.PutIntegrationResponseInput{RestApiId: &id, ResourceId: &resource, HttpMethod: aws.String("OPTIONS"), StatusCode: aws.String("204"),
						ResponseParameters: now.ResponseParameters, ResponseTemplates: now.ResponseTemplates, SelectionPattern: now.SelectionPattern, ContentHandling: now.ContentHandling})
					try(t, err)
				}
				set("'*'")
				return func() { set(before) }
			},
		},
	}
}

// restAPI gives the API's id.
func (w *world) restAPI(t *testing.T) string {
	t.Helper()
	found := got(apigateway.NewFromConfig(w.config).GetRestApis(t.Context(), &apigateway.GetRestApisInput{Limit: aws.Int32(500)}))(t)
	for _, api := range found.Items {
		if aws.ToString(api.Name) == w.name+"-api" {
			return aws.ToString(api.Id)
		}
	}
	t.Fatalf("there is no API %s-api", w.name)
	return ""
}

// resource gives the id of a path of the API.
func (w *world) resource(t *testing.T, path string) string {
	t.Helper()
	id := w.restAPI(t)
	found := got(apigateway.NewFromConfig(w.config).GetResources(t.Context(), &apigateway.GetResourcesInput{RestApiId: &id, Limit: aws.Int32(500)}))(t)
	for _, resource := range found.Items {
		if aws.ToString(resource.Path) == path {
			return aws.ToString(resource.Id)
		}
	}
	t.Fatalf("the API has no path %s", path)
	return ""
}
