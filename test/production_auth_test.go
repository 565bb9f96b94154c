package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkAuth holds the user pool, its client and the mail to R1.6.
func checkAuth(t *testing.T, s *stack) {
	client, id := cognitoidentityprovider.NewFromConfig(s.config), aws.String(s.output(t, "user_pool_id"))
	described, err := client.DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: id})
	if err != nil {
		t.Fatalf("R1.6: user pool %s: %v", *id, err)
	}
	pool := described.UserPool
	if pool.Policies == nil || pool.Policies.PasswordPolicy == nil || pool.UserPoolAddOns == nil || pool.EmailConfiguration == nil {
		t.Fatalf("R1.6: the pool lacks a password policy, add-ons or mail: %+v", pool)
	}
	password := pool.Policies.PasswordPolicy
	facts(t, "R1.6", map[string]bool{
		"sign-in by e-mail alone":        slices.Equal(pool.UsernameAttributes, []cognitotypes.UsernameAttributeType{"email"}) && len(pool.AliasAttributes) == 0,
		"e-mail addresses are confirmed": slices.Equal(pool.AutoVerifiedAttributes, []cognitotypes.VerifiedAttributeType{"email"}),
		"letter case does not matter":    pool.UsernameConfiguration != nil && !aws.ToBool(pool.UsernameConfiguration.CaseSensitive),
		"8 characters":                   aws.ToInt32(password.MinimumLength) == 8,
		"all four classes":               password.RequireLowercase && password.RequireUppercase && password.RequireNumbers && password.RequireSymbols,
		"deletion protection":            pool.DeletionProtection == cognitotypes.DeletionProtectionTypeActive,
		"threat protection is enforced":  pool.UserPoolAddOns.AdvancedSecurityMode == cognitotypes.AdvancedSecurityModeTypeEnforced,
		"the tier that has it":           pool.UserPoolTier == cognitotypes.UserPoolTierTypePlus,
	})
	mfa, err := client.GetUserPoolMfaConfig(t.Context(), &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: id})
	if err != nil {
		t.Fatal(err)
	}
	facts(t, "R1.6", map[string]bool{
		"MFA is optional":    mfa.MfaConfiguration == cognitotypes.UserPoolMfaTypeOptional,
		"with a TOTP device": mfa.SoftwareTokenMfaConfiguration != nil && mfa.SoftwareTokenMfaConfiguration.Enabled,
		"and nothing else":   mfa.SmsMfaConfiguration == nil && mfa.EmailMfaConfiguration == nil,
	})
	checkAttributes(t, pool)
	checkRisks(t, client, id)
	checkClient(t, client, id, s.output(t, "user_pool_client_id"))
	checkMail(t, s, pool.EmailConfiguration)
}

// checkAttributes sees that a user has the application's attributes.
func checkAttributes(t *testing.T, pool *cognitotypes.UserPoolType) {
	t.Helper()
	attributes := map[string]cognitotypes.SchemaAttributeType{}
	for _, attribute := range pool.SchemaAttributes {
		attributes[aws.ToString(attribute.Name)] = attribute
	}
	if !aws.ToBool(attributes["email"].Required) {
		t.Error("R1.6: a user may be without an e-mail address")
	}
	for _, name := range []string{"industry", "company_size", "job_title", "position"} {
		attribute, there := attributes["custom:"+name]
		if !there || attribute.AttributeDataType != cognitotypes.AttributeDataTypeString || !aws.ToBool(attribute.Mutable) {
			t.Errorf("R1.6: the attribute %s is no text that a user may change: %+v", name, attribute)
		}
	}
}

// checkRisks sees what becomes of a leaked password and of a risky sign-in.
func checkRisks(t *testing.T, client *cognitoidentityprovider.Client, id *string) {
	t.Helper()
	described, err := client.DescribeRiskConfiguration(t.Context(), &cognitoidentityprovider.DescribeRiskConfigurationInput{UserPoolId: id})
	if err != nil || described.RiskConfiguration == nil {
		t.Fatalf("R1.6: risks: %+v, %v", described, err)
	}
	leaked, adaptive := described.RiskConfiguration.CompromisedCredentialsRiskConfiguration, described.RiskConfiguration.AccountTakeoverRiskConfiguration
	if leaked == nil || leaked.Actions == nil || leaked.Actions.EventAction != cognitotypes.CompromisedCredentialsEventActionTypeBlock || len(leaked.EventFilter) != 3 {
		t.Errorf("R1.6: compromised credentials are not blocked at sign-in, sign-up and change: %+v", leaked)
	}
	if kit.OnAWS() {
		return // Cognito takes the rest only with a verified domain, which a copy for tests has none of
	}
	if adaptive == nil || adaptive.Actions == nil || adaptive.Actions.HighAction == nil || adaptive.Actions.MediumAction == nil {
		t.Errorf("R1.6: authentication does not adapt to risk: %+v", adaptive)
		return
	}
	facts(t, "R1.6", map[string]bool{
		"high risk is blocked":      adaptive.Actions.HighAction.EventAction == cognitotypes.AccountTakeoverEventActionTypeBlock && adaptive.Actions.HighAction.Notify,
		"medium risk asks for more": adaptive.Actions.MediumAction.EventAction == cognitotypes.AccountTakeoverEventActionTypeMfaIfConfigured && adaptive.Actions.MediumAction.Notify,
	})
}

// checkClient sees that the application signs in without a secret, by SRP, and
// that its tokens end.
func checkClient(t *testing.T, client *cognitoidentityprovider.Client, pool *string, id string) {
	t.Helper()
	described, err := client.DescribeUserPoolClient(t.Context(), &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: &id})
	if err != nil {
		t.Fatalf("R1.6: client %s: %v", id, err)
	}
	c := described.UserPoolClient
	if c.TokenValidityUnits == nil {
		t.Fatalf("R1.6: the validity of the tokens has no units: %+v", c)
	}
	units := c.TokenValidityUnits
	secure := len(c.CallbackURLs) > 0 && len(c.LogoutURLs) > 0
	for _, address := range slices.Concat(c.CallbackURLs, c.LogoutURLs) {
		secure = secure && strings.HasPrefix(address, "https://")
	}
	facts(t, "R1.6", map[string]bool{
		"a public client":              aws.ToString(c.ClientSecret) == "",
		"SRP and refresh only":         slices.Equal(slices.Sorted(slices.Values(c.ExplicitAuthFlows)), []cognitotypes.ExplicitAuthFlowsType{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}),
		"the code grant only":          aws.ToBool(c.AllowedOAuthFlowsUserPoolClient) && slices.Equal(c.AllowedOAuthFlows, []cognitotypes.OAuthFlowType{"code"}),
		"users of the pool only":       slices.Equal(c.SupportedIdentityProviders, []string{"COGNITO"}),
		"back by https":                secure,
		"access tokens 60 minutes":     aws.ToInt32(c.AccessTokenValidity) == 60 && units.AccessToken == cognitotypes.TimeUnitsTypeMinutes,
		"ID tokens 60 minutes":         aws.ToInt32(c.IdTokenValidity) == 60 && units.IdToken == cognitotypes.TimeUnitsTypeMinutes,
		"refresh tokens 30 days":       c.RefreshTokenValidity == 30 && units.RefreshToken == cognitotypes.TimeUnitsTypeDays,
		"tokens are revoked":           aws.ToBool(c.EnableTokenRevocation),
		"no leak of who has signed up": c.PreventUserExistenceErrors == cognitotypes.PreventUserExistenceErrorTypesEnabled,
	})
}

// checkMail sees that mail goes out by SES, signed, with TLS, from templates in
// both languages.
func checkMail(t *testing.T, s *stack, pool *cognitotypes.EmailConfigurationType) {
	t.Helper()
	client, reminder := ses.NewFromConfig(s.config), s.Name+"-reminder"
	function, err := lambda.NewFromConfig(s.config).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &reminder})
	if err != nil || function.Environment == nil {
		t.Fatalf("R1.7: %s: %+v, %v", reminder, function, err)
	}
	_, domain, _ := strings.Cut(function.Environment.Variables["MAIL_FROM"], "@")
	if !kit.OnAWS() { // where nobody can verify the domain, and Cognito sends by itself
		facts(t, "R1.6", map[string]bool{
			"the pool's mail goes by SES":     pool.EmailSendingAccount == cognitotypes.EmailSendingAccountTypeDeveloper,
			"from the domain":                 strings.HasSuffix(aws.ToString(pool.SourceArn), ":identity/"+domain) && strings.Contains(aws.ToString(pool.From), "@"+domain+">"),
			"by the deployment's own setting": aws.ToString(pool.ConfigurationSet) == s.Name,
		})
	}
	identities, err := client.GetIdentityVerificationAttributes(t.Context(), &ses.GetIdentityVerificationAttributesInput{Identities: []string{domain}})
	if err != nil || identities.VerificationAttributes[domain].VerificationStatus == "" {
		t.Errorf("R1.6: SES does not know the domain %q: %+v, %v", domain, identities, err)
	}
	dkim, err := client.GetIdentityDkimAttributes(t.Context(), &ses.GetIdentityDkimAttributesInput{Identities: []string{domain}})
	if err != nil || !dkim.DkimAttributes[domain].DkimEnabled || len(dkim.DkimAttributes[domain].DkimTokens) != 3 {
		t.Errorf("R1.6: mail of %q is not signed by DKIM: %+v, %v", domain, dkim, err)
	}
	set, err := client.DescribeConfigurationSet(t.Context(), &ses.DescribeConfigurationSetInput{
		ConfigurationSetName:           &s.Name,
		ConfigurationSetAttributeNames: []sestypes.ConfigurationSetAttribute{sestypes.ConfigurationSetAttributeDeliveryOptions, sestypes.ConfigurationSetAttributeReputationOptions},
	})
	if err != nil || set.DeliveryOptions == nil || set.ReputationOptions == nil {
		t.Fatalf("R1.6: configuration set %s: %+v, %v", s.Name, set, err)
	}
	facts(t, "R4.4", map[string]bool{"mail goes out by TLS only": set.DeliveryOptions.TlsPolicy == sestypes.TlsPolicyRequire})
	facts(t, "R1.6", map[string]bool{"bounces and complaints are measured": set.ReputationOptions.ReputationMetricsEnabled})
	checkMailTemplates(t, client, s.Name)
}

// checkMailTemplates sees that every mail is there in Japanese and English, with
// its links.
func checkMailTemplates(t *testing.T, client *ses.Client, prefix string) {
	t.Helper()
	for _, language := range []string{"ja", "en"} {
		for _, purpose := range []string{"reminder", "reminder-plain", "change-pace", "unsubscribed"} {
			name := prefix + "-" + purpose + "-" + language
			found, err := client.GetTemplate(t.Context(), &ses.GetTemplateInput{TemplateName: &name})
			if err != nil || found.Template == nil {
				t.Errorf("R1.6: template %s: %v", name, err)
				continue
			}
			subject, text, html := aws.ToString(found.Template.SubjectPart), aws.ToString(found.Template.TextPart), aws.ToString(found.Template.HtmlPart)
			tasks := purpose != "unsubscribed"
			facts(t, "R1.7: "+name, map[string]bool{
				"has a subject":                      subject != "",
				"is HTML too, where it is not plain": (html == "") == (purpose == "reminder-plain"),
				"lists tasks with deep links":        strings.Contains(text, "{{url}}") == tasks,
				"can be unsubscribed from":           strings.Contains(text, "{{unsubscribe_url}}") == tasks,
			})
			japanese := strings.ContainsFunc(subject, func(r rune) bool { return r >= 'ぁ' && r <= 'ヿ' })
			if japanese != (language == "ja") {
				t.Errorf("R1.6: template %s is not in its language: %q", name, subject)
			}
		}
	}
}
