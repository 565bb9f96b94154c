package localaws_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
)

// authQuestions are about Cognito, SES and IAM: patches 610 to 629.
func authQuestions() []question {
	return []question{
		{"610_cognito_risk_configuration", "read back", riskConfiguration, "BLOCK"},
		{"610_cognito_risk_configuration", "taken away", noRiskConfiguration, "absent"},
		{"612_cognito_user_pool_update", "sign-in attributes and tags after a change", updatedUserPool, "[email] Layer=auth PLUS"},
		{"614_cognito_user_pool_tier", "default", userPoolTier, "ESSENTIALS"},
		{"616_cognito_tags", "changed", changedUserPoolTags, "map[Release:v2]"},
		{"617_cognito_srp", "the right password", rightPassword, "signed in"},
		{"617_cognito_srp", "a signature that proves nothing", forgedSignature, "NotAuthorizedException"},
		{"617_cognito_srp", "nobody", nobody, "challenged, then NotAuthorizedException"},
		{"617_cognito_srp", "a flow that the client does not allow", passwordFlow, "InvalidParameterException"},
		{"618_cognito_tokens", "claims", tokenClaims, "aki@example.com verified true Engineer, no position, 3000 s"},
		{"618_cognito_tokens", "refresh by another client", foreignRefresh, "NotAuthorizedException"},
		{"618_cognito_tokens", "refresh after an administrator's sign-out", refreshAfterSignOut, "NotAuthorizedException"},
		{"619_cognito_codes", "a wrong code", wrongCode, "CodeMismatchException"},
		{"619_cognito_codes", "a new code", resentCode, "EMAIL"},
		{"622_cognito_sign_out", "everywhere", signOutEverywhere, "NotAuthorizedException"},
		{"622_cognito_sign_out", "one refresh token", revokedRefresh, "NotAuthorizedException"},
		{"620_ses_delivery_options", "TLS policy", deliveryOptions, "Require"},
		{"620_ses_delivery_options", "reputation metrics", reputationOptions, "true"},
		{"621_ses_event_destinations", "two, one changed, one deleted", eventDestinations, "[second BOUNCE COMPLAINT]"},
	}
}

func userPool(ctx context.Context, to aws.Config, in *cognito.CreateUserPoolInput) (*cognito.Client, *cognitotypes.UserPoolType, error) {
	api := cognito.NewFromConfig(to)
	made, err := api.CreateUserPool(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	return api, made.UserPool, nil
}

func setRisk(ctx context.Context, api *cognito.Client, pool *string, action cognitotypes.CompromisedCredentialsEventActionType) error {
	in := &cognito.SetRiskConfigurationInput{UserPoolId: pool}
	if action != "" {
		in.CompromisedCredentialsRiskConfiguration = &cognitotypes.CompromisedCredentialsRiskConfigurationType{
			Actions: &cognitotypes.CompromisedCredentialsActionsType{EventAction: action},
		}
	}
	_, err := api.SetRiskConfiguration(ctx, in)
	return err
}

func describeRisk(ctx context.Context, api *cognito.Client, pool *string) (string, error) {
	got, err := api.DescribeRiskConfiguration(ctx, &cognito.DescribeRiskConfigurationInput{UserPoolId: pool})
	if err != nil {
		return code(err)
	}
	if got.RiskConfiguration.CompromisedCredentialsRiskConfiguration == nil {
		return "absent", nil
	}
	return string(got.RiskConfiguration.CompromisedCredentialsRiskConfiguration.Actions.EventAction), nil
}

func riskConfiguration(ctx context.Context, to aws.Config) (string, error) {
	api, pool, err := userPool(ctx, to, &cognito.CreateUserPoolInput{PoolName: aws.String("risk")})
	if err != nil {
		return "", err
	}
	if err := setRisk(ctx, api, pool.Id, cognitotypes.CompromisedCredentialsEventActionTypeBlock); err != nil {
		return code(err)
	}
	return describeRisk(ctx, api, pool.Id)
}

// noRiskConfiguration sets a configuration and then an empty one, as Terraform
// does to destroy it.
func noRiskConfiguration(ctx context.Context, to aws.Config) (string, error) {
	api, pool, err := userPool(ctx, to, &cognito.CreateUserPoolInput{PoolName: aws.String("no-risk")})
	if err != nil {
		return "", err
	}
	for _, action := range []cognitotypes.CompromisedCredentialsEventActionType{cognitotypes.CompromisedCredentialsEventActionTypeBlock, ""} {
		if err := setRisk(ctx, api, pool.Id, action); err != nil {
			return code(err)
		}
	}
	return describeRisk(ctx, api, pool.Id)
}

func updatedUserPool(ctx context.Context, to aws.Config) (string, error) {
	api, pool, err := userPool(ctx, to, &cognito.CreateUserPoolInput{
		PoolName:           aws.String("updated"),
		UserPoolTags:       map[string]string{"Layer": "auth"},
		UserPoolTier:       cognitotypes.UserPoolTierTypePlus,
		UsernameAttributes: []cognitotypes.UsernameAttributeType{cognitotypes.UsernameAttributeTypeEmail},
	})
	if err != nil {
		return "", err
	}
	if _, err := api.UpdateUserPool(ctx, &cognito.UpdateUserPoolInput{
		UserPoolId: pool.Id, DeletionProtection: cognitotypes.DeletionProtectionTypeActive,
	}); err != nil {
		return code(err)
	}
	got, err := api.DescribeUserPool(ctx, &cognito.DescribeUserPoolInput{UserPoolId: pool.Id})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%s Layer=%s %s", got.UserPool.UsernameAttributes, got.UserPool.UserPoolTags["Layer"], got.UserPool.UserPoolTier), nil
}

func userPoolTier(ctx context.Context, to aws.Config) (string, error) {
	api, pool, err := userPool(ctx, to, &cognito.CreateUserPoolInput{PoolName: aws.String("tier")})
	if err != nil {
		return "", err
	}
	got, err := api.DescribeUserPool(ctx, &cognito.DescribeUserPoolInput{UserPoolId: pool.Id})
	if err != nil {
		return code(err)
	}
	return string(got.UserPool.UserPoolTier), nil
}

func changedUserPoolTags(ctx context.Context, to aws.Config) (string, error) {
	api, pool, err := userPool(ctx, to, &cognito.CreateUserPoolInput{
		PoolName: aws.String("tagged"), UserPoolTags: map[string]string{"Old": "yes", "Release": "v1"},
	})
	if err != nil {
		return "", err
	}
	if _, err := api.TagResource(ctx, &cognito.TagResourceInput{ResourceArn: pool.Arn, Tags: map[string]string{"Release": "v2"}}); err != nil {
		return code(err)
	}
	if _, err := api.UntagResource(ctx, &cognito.UntagResourceInput{ResourceArn: pool.Arn, TagKeys: []string{"Old"}}); err != nil {
		return code(err)
	}
	got, err := api.ListTagsForResource(ctx, &cognito.ListTagsForResourceInput{ResourceArn: pool.Arn})
	if err != nil {
		return code(err)
	}
	return fmt.Sprint(got.Tags), nil
}

func configurationSet(ctx context.Context, to aws.Config, name string) (*ses.Client, error) {
	api := ses.NewFromConfig(to)
	_, err := api.CreateConfigurationSet(ctx, &ses.CreateConfigurationSetInput{ConfigurationSet: &sestypes.ConfigurationSet{Name: &name}})
	return api, err
}

func deliveryOptions(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("delivery-options")
	api, err := configurationSet(ctx, to, *name)
	if err != nil {
		return "", err
	}
	if _, err := api.PutConfigurationSetDeliveryOptions(ctx, &ses.PutConfigurationSetDeliveryOptionsInput{
		ConfigurationSetName: name, DeliveryOptions: &sestypes.DeliveryOptions{TlsPolicy: sestypes.TlsPolicyRequire},
	}); err != nil {
		return code(err)
	}
	got, err := api.DescribeConfigurationSet(ctx, &ses.DescribeConfigurationSetInput{
		ConfigurationSetName:           name,
		ConfigurationSetAttributeNames: []sestypes.ConfigurationSetAttribute{sestypes.ConfigurationSetAttributeDeliveryOptions},
	})
	if err != nil {
		return code(err)
	}
	if got.DeliveryOptions == nil {
		return "absent", nil
	}
	return string(got.DeliveryOptions.TlsPolicy), nil
}

func reputationOptions(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("reputation-options")
	api, err := configurationSet(ctx, to, *name)
	if err != nil {
		return "", err
	}
	if _, err := api.UpdateConfigurationSetReputationMetricsEnabled(ctx, &ses.UpdateConfigurationSetReputationMetricsEnabledInput{
		ConfigurationSetName: name, Enabled: true,
	}); err != nil {
		return code(err)
	}
	got, err := api.DescribeConfigurationSet(ctx, &ses.DescribeConfigurationSetInput{
		ConfigurationSetName:           name,
		ConfigurationSetAttributeNames: []sestypes.ConfigurationSetAttribute{sestypes.ConfigurationSetAttributeReputationOptions},
	})
	if err != nil {
		return code(err)
	}
	if got.ReputationOptions == nil {
		return "absent", nil
	}
	return fmt.Sprint(got.ReputationOptions.ReputationMetricsEnabled), nil
}

// eventDestinations makes two destinations for events, changes one and deletes the
// other.
func eventDestinations(ctx context.Context, to aws.Config) (string, error) {
	api, set := ses.NewFromConfig(to), aws.String("events")
	if _, err := api.CreateConfigurationSet(ctx, &ses.CreateConfigurationSetInput{ConfigurationSet: &sestypes.ConfigurationSet{Name: set}}); err != nil {
		return "", err
	}
	destination := func(name string, events ...sestypes.EventType) *sestypes.EventDestination {
		return &sestypes.EventDestination{
			Name: aws.String(name), Enabled: true, MatchingEventTypes: events,
			SNSDestination: &sestypes.SNSDestination{TopicARN: aws.String("arn:aws:sns:ap-northeast-1:123456789012:events")},
		}
	}
	for _, name := range []string{"first", "second"} {
		if _, err := api.CreateConfigurationSetEventDestination(ctx, &ses.CreateConfigurationSetEventDestinationInput{
			ConfigurationSetName: set, EventDestination: destination(name, sestypes.EventTypeBounce)}); err != nil {
			return code(err)
		}
	}
	if _, err := api.UpdateConfigurationSetEventDestination(ctx, &ses.UpdateConfigurationSetEventDestinationInput{
		ConfigurationSetName: set, EventDestination: destination("second", "BOUNCE", "COMPLAINT")}); err != nil {
		return code(err)
	}
	if _, err := api.DeleteConfigurationSetEventDestination(ctx, &ses.DeleteConfigurationSetEventDestinationInput{
		ConfigurationSetName: set, EventDestinationName: aws.String("first")}); err != nil {
		return code(err)
	}
	got, err := api.DescribeConfigurationSet(ctx, &ses.DescribeConfigurationSetInput{
		ConfigurationSetName: set, ConfigurationSetAttributeNames: []sestypes.ConfigurationSetAttribute{sestypes.ConfigurationSetAttributeEventDestinations}})
	if err != nil {
		return code(err)
	}
	var told []string
	for _, d := range got.EventDestinations {
		line := aws.ToString(d.Name)
		for _, event := range d.MatchingEventTypes {
			line += " " + string(event)
		}
		told = append(told, line)
	}
	return fmt.Sprint(told), nil
}
